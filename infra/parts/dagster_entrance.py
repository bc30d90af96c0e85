"""Dagster's pages for people who have logged in at an OpenID Connect provider: certificate, name, load balancer."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, SecretValue
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as route53_targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config.dagster_entry import DagsterEntry
from infra.config.edge_config import Domain
from infra.config.stage_config import StageConfig
from infra.parts.guard import DAGSTER_PORT
from infra.parts.secret_name import DAGSTER_SECRET, secret_name


class DagsterEntrance(Construct):
    """The listener's only action is to ask who it is: there is no path around the login."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        entry: DagsterEntry,
        domain: Domain,
        vpc: ec2.IVpc,
        group_id: str,
        webserver: ecs.FargateService,
        logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, id)
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.zone_id, zone_name=domain.zone_name
        )
        certificate = acm.Certificate(
            self, "Certificate", domain_name=entry.name, validation=acm.CertificateValidation.from_dns(zone)
        )
        balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=vpc,
            internet_facing=True,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            # By its id: the rules of all groups stand in one place.
            security_group=ec2.SecurityGroup.from_security_group_id(self, "Group", group_id, mutable=False),
            idle_timeout=Duration.seconds(310),  # the pages keep a WebSocket open
            drop_invalid_header_fields=True,
            deletion_protection=config.is_prod,
        )
        balancer.log_access_logs(logs, "dagster")
        targets = _targets(self, vpc)
        targets.add_target(webserver.load_balancer_target(container_name="webserver", container_port=DAGSTER_PORT))
        listener = balancer.add_listener(
            "Entry",
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[certificate],
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
            open=False,
            default_action=_login(config, entry, targets),
        )
        webserver.node.add_dependency(listener)  # ECS refuses targets that no load balancer knows
        route53.ARecord(
            self,
            "Name",
            zone=zone,
            record_name=entry.name,
            target=route53.RecordTarget.from_alias(route53_targets.LoadBalancerTarget(balancer)),
        )
        CfnOutput(self, "Address", value=f"https://{entry.name}", description="where operators open Dagster")


def _targets(scope: Construct, vpc: ec2.IVpc) -> elb.ApplicationTargetGroup:
    return elb.ApplicationTargetGroup(
        scope,
        "Targets",
        vpc=vpc,
        port=DAGSTER_PORT,
        protocol=elb.ApplicationProtocol.HTTP,
        target_type=elb.TargetType.IP,
        deregistration_delay=Duration.seconds(30),
        health_check=elb.HealthCheck(path="/server_info", healthy_http_codes="200", timeout=Duration.seconds(10)),
    )


def _login(config: StageConfig, entry: DagsterEntry, targets: elb.ApplicationTargetGroup) -> elb.ListenerAction:
    return elb.ListenerAction.authenticate_oidc(
        issuer=entry.issuer,
        authorization_endpoint=entry.authorization_endpoint,
        token_endpoint=entry.token_endpoint,
        user_info_endpoint=entry.user_info_endpoint,
        client_id=entry.client_id,
        # CloudFormation fetches it while it deploys; the template holds only its name.
        client_secret=SecretValue.secrets_manager(secret_name(config), json_field=DAGSTER_SECRET),
        scope=entry.scope,
        session_timeout=Duration.hours(entry.session_hours),
        on_unauthenticated_request=elb.UnauthenticatedAction.AUTHENTICATE,
        allow_https_outbound=False,  # the group has that rule
        next=elb.ListenerAction.forward([targets]),
    )
