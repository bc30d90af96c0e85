"""The VPC: public subnets without NAT for tasks, isolated ones for databases."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.log_group import log_group

_ENDPOINTS = {
    "ecr.api": ec2.InterfaceVpcEndpointAwsService.ECR,
    "ecr.dkr": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "secretsmanager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
}


class Network(Construct):
    """Tasks have public addresses, which cost less than NAT, and security groups that let nobody in from outside.
    S3 is reached through a gateway endpoint, which is free; further endpoints as configured."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(config.cidr),
            availability_zones=list(config.zones),
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=22, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="data", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=26),
            ],
        )
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group(self, "FlowLogGroup", config=config)),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        if config.interface_endpoints:
            self._add_interface_endpoints(config)

    def _add_interface_endpoints(self, config: StageConfig) -> None:
        admitted = ec2.SecurityGroup(
            self, "EndpointGroup", vpc=self.vpc, description="AWS services, for the VPC alone", allow_all_outbound=False
        )
        admitted.add_ingress_rule(ec2.Peer.ipv4(config.cidr), ec2.Port.HTTPS, "from the VPC")
        for name in config.interface_endpoints:
            self.vpc.add_interface_endpoint(
                name, service=_ENDPOINTS[name], security_groups=[admitted], open=False, private_dns_enabled=True
            )
