"""Network and edge: all that a request passes before it reaches a container."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config.edge_config import Domain
from infra.config.stage_config import StageConfig
from infra.parts.access_logs import access_log_bucket
from infra.parts.acknowledgement import acknowledge
from infra.parts.balancer import Balancer
from infra.parts.distribution import Distribution, origin_name
from infra.parts.firewall import Firewall
from infra.parts.guard import Guard
from infra.parts.network import Network


class EdgeStack(Stack):
    """`address` is the chat's URL for people; `origin_values` what the load balancer's rules may ask for: CloudFront
    sends the first."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        super().__init__(scope, id, env={"account": config.account, "region": config.region})
        self.vpc = Network(self, "Network", config=config).vpc
        self.guard = Guard(self, "Guard", config=config, vpc=self.vpc)
        self.logs = access_log_bucket(self, "AccessLogs", config=config)
        self.origin_values = self._origin_values(config)
        zone = self._zone(config.domain) if config.domain else None
        certificate = self._certificate(config.domain, zone) if config.domain and zone else None
        entry = Balancer(
            self,
            "Entry",
            config=config,
            vpc=self.vpc,
            group=self.guard.balancer,
            certificate=certificate,
            logs=self.logs,
        )
        self.balancer, self.listener = entry.balancer, entry.listener
        self.firewall = Firewall(self, "Firewall", config=config)
        self.distribution = Distribution(
            self,
            "Edge",
            config=config,
            balancer=self.balancer,
            certificate=certificate,
            web_acl_arn=self.firewall.acl.attr_arn,
            secret=self.origin_values[0],
            logs=self.logs,
        ).distribution
        if config.domain and zone:
            self._name(config, config.domain, zone)
        host = config.domain.name if config.domain else self.distribution.distribution_domain_name
        self.address = f"https://{host}"
        CfnOutput(self, "Address", value=self.address, description="where people open the chat")

    def _origin_values(self, config: StageConfig) -> list[SecretValue]:
        secret = self._secret()
        if not config.origin_versions:
            return [secret.secret_value]
        # Named by version, so that another version is a change which a deployment sees.
        return [
            SecretValue.secrets_manager(secret.secret_arn, version_id=version) for version in config.origin_versions
        ]

    def _secret(self) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            "OriginSecret",
            description="header by which the load balancer knows CloudFront",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=48, exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "Who sends and who checks it are set by deployments: a rotation in between would shut the chat.",
        )
        return secret

    def _zone(self, domain: Domain) -> route53.IHostedZone:
        return route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.zone_id, zone_name=domain.zone_name
        )

    def _certificate(self, domain: Domain, zone: route53.IHostedZone) -> acm.Certificate:
        return acm.Certificate(
            self,
            "Certificate",
            domain_name=domain.name,
            subject_alternative_names=[f"origin.{domain.name}"],
            validation=acm.CertificateValidation.from_dns(zone),
        )

    def _name(self, config: StageConfig, domain: Domain, zone: route53.IHostedZone) -> None:
        people = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
        route53.ARecord(self, "Name", zone=zone, record_name=domain.name, target=people)
        route53.AaaaRecord(self, "Name6", zone=zone, record_name=domain.name, target=people)
        route53.ARecord(
            self,
            "OriginName",
            zone=zone,
            record_name=origin_name(config),
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer)),
        )
