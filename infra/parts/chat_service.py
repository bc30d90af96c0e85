"""The chat's service: how many tasks, where they run, how requests reach them, what happens when a deployment fails."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, SecretValue
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.chat_task import CONTAINER
from infra.parts.distribution import ORIGIN_HEADER
from infra.parts.guard import CHAT_PORT
from infra.parts.task import SPOT_WARNING

REQUESTS_PER_SECOND = 100
"""Of one task, from which another one starts."""

_OUT, _IN = Duration.seconds(30), Duration.seconds(60)


class ChatService(Construct):
    """Tasks behind the load balancer. A browser stays with one task, since its conversation's socket does."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        cluster: ecs.ICluster,
        task: ecs.FargateTaskDefinition,
        listener: elb.IApplicationListener,
        group: ec2.ISecurityGroup,
        origin_values: Sequence[SecretValue],
    ) -> None:
        super().__init__(scope, id)
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            # No number of tasks: each deployment would go back to it, however many are needed. ECS begins with one.
            min_healthy_percent=100,
            max_healthy_percent=200,
            assign_public_ip=True,  # the way out without NAT; nobody comes in by it
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            security_groups=[group],
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=config.chat.on_demand, weight=0)
                if config.chat.on_demand
                else ecs.CapacityProviderStrategy(capacity_provider="FARGATE", weight=0),
                ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1),
            ],
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            health_check_grace_period=Duration.seconds(120),
            enable_execute_command=not config.is_prod,
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,  # without it the budget does not see tasks
        )
        self.targets = self._targets(cluster.vpc)
        self.targets.add_target(self.service.load_balancer_target(container_name=CONTAINER, container_port=CHAT_PORT))
        rule = elb.ApplicationListenerRule(
            self,
            "Rule",
            listener=listener,
            priority=1,
            conditions=[
                elb.ListenerCondition.http_header(ORIGIN_HEADER, [value.unsafe_unwrap() for value in origin_values])
            ],
            action=elb.ListenerAction.forward([self.targets]),
        )
        self.service.node.add_dependency(rule)  # ECS refuses targets that no load balancer knows
        self._scale(config)

    def _targets(self, vpc: ec2.IVpc) -> elb.ApplicationTargetGroup:
        return elb.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=vpc,
            port=CHAT_PORT,
            protocol=elb.ApplicationProtocol.HTTP,
            target_type=elb.TargetType.IP,
            stickiness_cookie_duration=Duration.hours(8),
            deregistration_delay=SPOT_WARNING,
            # Liveness, not readiness: before the first crawl there is no index to answer from, and the circuit
            # breaker would undo a sound deployment.
            health_check=elb.HealthCheck(
                path="/health/live",
                healthy_http_codes="200",
                interval=Duration.seconds(15),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )

    def _scale(self, config: StageConfig) -> None:
        tasks = self.service.auto_scale_task_count(min_capacity=config.chat.least, max_capacity=config.chat.most)
        tasks.scale_on_cpu_utilization(
            "Cpu", target_utilization_percent=70, scale_in_cooldown=_IN, scale_out_cooldown=_OUT
        )
        tasks.scale_on_request_count(
            "Requests",
            target_group=self.targets,
            requests_per_target=REQUESTS_PER_SECOND * 60,  # the metric counts minutes
            scale_in_cooldown=_IN,
            scale_out_cooldown=_OUT,
        )
