"""The load balancer: refuses all that does not carry the secret header which only CloudFront knows."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config.stage_config import StageConfig

IDLE = Duration.seconds(310)
"""How long a connection may be silent; a WebSocket of the chat is pinged far more often."""


class Balancer(Construct):
    """`listener` answers 403 until a rule of the service lets requests through."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        vpc: ec2.IVpc,
        group: ec2.ISecurityGroup,
        certificate: acm.ICertificate | None,
        logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, id)
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=vpc,
            internet_facing=True,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            security_group=group,
            idle_timeout=IDLE,
            drop_invalid_header_fields=True,
            deletion_protection=config.is_prod,
            # CloudFront wrote the asker's address at the header's end; the balancer must not hide it behind
            # CloudFront's own.
            xff_header_processing_mode=elb.XffHeaderProcessingMode.PRESERVE,
        )
        self.balancer.log_access_logs(logs, "balancer")
        self.listener = self.balancer.add_listener(
            "Entry",
            protocol=elb.ApplicationProtocol.HTTPS if certificate else elb.ApplicationProtocol.HTTP,
            certificates=[certificate] if certificate else None,
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS if certificate else None,
            open=False,
            default_action=elb.ListenerAction.fixed_response(403, content_type="text/plain", message_body="Forbidden"),
        )
