"""Dagster's three services, and the tasks of stage workers."""

from __future__ import annotations

from aws_cdk import CfnElement, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge, acknowledge_keys
from infra.parts.guard import CODE_PORT, DAGSTER_PORT, Guard
from infra.parts.keys import key_variables, pipeline_keys
from infra.parts.launch_rights import allow_launching, allow_stopping
from infra.parts.pipeline_access import lake_environment
from infra.parts.postgres import Postgres
from infra.parts.prefix import LAKE_PREFIX
from infra.parts.task import add_container, image_of, task_definition
from infra.parts.traces import allow_tracing

HOME = "/opt/dagster"
"""Folder of the image that holds the instance file of AWS."""


EVERYWHERE = "0.0.0.0"  # noqa: S104  a task's own address; its security group says who reaches it


class Pipeline(Construct):
    """Webserver, daemon and code location in a cluster of their own, where runs and workers start as well. Nobody
    reaches the webserver but the configured networks."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        vpc: ec2.IVpc,
        guard: Guard,
        database: Postgres,
        source: s3.IBucket,
        lake: s3.IBucket,
        run_logs: s3.IBucket,
        function: functions.IFunction,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        # By its id: the rules of all groups stand in one place.
        self._group = ec2.SecurityGroup.from_security_group_id(
            self, "Group", guard.dagster.security_group_id, mutable=False
        )
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=vpc,
            enable_fargate_capacity_providers=True,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self._domain = f"{config.prefix}.internal"
        self.cluster.add_default_cloud_map_namespace(name=self._domain, vpc=vpc)
        self.worker = self._worker(lake, source)
        environment = {
            **lake_environment(config, lake),
            **database.environment(),
            **_instance_environment(config, guard, self._domain),
            "DAGSTER_RUN_LOGS_BUCKET": run_logs.bucket_name,
            "LORECHAT_SOURCE_BUCKET": source.bucket_name,
            "LORECHAT_METRICS": "emf",
            "LORECHAT_TRACES": "xray",
            "LORECHAT_METRICS_STAGE": config.stage,
            "LORECHAT_WORKER_FUNCTION": function.function_name,
            "LORECHAT_WORKER_CLUSTER": self.cluster.cluster_arn,
            "LORECHAT_WORKER_TASK": self.worker.task_definition_arn,
            "LORECHAT_WORKER_SUBNETS": ",".join(subnet.subnet_id for subnet in vpc.public_subnets),
            "LORECHAT_WORKER_GROUP": guard.worker.security_group_id,
        }
        reach = ["-w", f"{HOME}/workspace.yaml"]
        code = f"dagster api grpc -h {EVERYWHERE} -p {CODE_PORT} -m orchestration.definitions".split()
        commands = {
            "code": code,
            "webserver": ["dagster-webserver", "-h", EVERYWHERE, "-p", str(DAGSTER_PORT), *reach],
            "daemon": ["dagster-daemon", "run", *reach],
        }
        ports = {"code": CODE_PORT, "webserver": DAGSTER_PORT, "daemon": None}
        self.services: dict[str, ecs.FargateService] = {}
        for name, command in commands.items():
            task = self._task(name, command, ports[name], environment, database)
            _grant_data(task, lake=lake, source=source, run_logs=run_logs)
            if name == "code":  # it says what to run, and its sensors tell of it
                allow_tracing(task)
            else:  # people end runs in the webserver's pages
                allow_stopping(task, cluster=self.cluster)
            if name == "daemon":  # it starts runs, and they, with its role, start workers
                _grant_starting(task, function, self.cluster, self.worker, config.prefix)
            self.services[name] = self._service(name, task)
        # The daemon prepares the database for the others' version.
        self.services["daemon"].node.add_dependency(self.services["code"])
        self.services["webserver"].node.add_dependency(self.services["daemon"])

    def _worker(self, lake: s3.IBucket, source: s3.IBucket) -> ecs.FargateTaskDefinition:
        config = self._config
        task = task_definition(self, "Worker", config=config, size=config.dagster.worker_size)
        keys = key_variables(task, "Keys", config=config, keys=pipeline_keys(config))
        add_container(
            task,
            "worker",
            config=config,
            image=image_of(task, "Image", config.images.worker),
            environment=lake_environment(config, lake),
            secrets=keys,
        )
        _grant_data(task, lake=lake, source=source, run_logs=None)
        return task

    def _task(
        self, name: str, command: list[str], port: int | None, environment: dict[str, str], database: Postgres
    ) -> ecs.FargateTaskDefinition:
        config = self._config
        task = task_definition(self, f"{name.capitalize()}Task", config=config, size=config.dagster.size)
        image = image_of(task, "Image", config.images.dagster)
        keys = key_variables(task, "Keys", config=config, keys=pipeline_keys(config))
        environment = {**environment, "DAGSTER_CURRENT_IMAGE": image.image_name}  # runs get the code location's
        secrets = {**database.secrets(), **keys}
        container = add_container(
            task,
            name,
            config=config,
            image=image,
            command=command,
            port=port,
            environment=environment,
            secrets=secrets,
        )
        if name == "daemon":
            prepare = add_container(
                task,
                "prepare",
                config=config,
                image=image,
                command=["python", "-m", "orchestration.instance_upgrade"],
                environment=environment,
                secrets=secrets,
                essential=False,
            )
            container.add_container_dependencies(
                ecs.ContainerDependency(container=prepare, condition=ecs.ContainerDependencyCondition.SUCCESS)
            )
        return task

    def _service(self, name: str, task: ecs.FargateTaskDefinition) -> ecs.FargateService:
        config = self._config
        provider = "FARGATE" if config.is_prod else "FARGATE_SPOT"
        return ecs.FargateService(
            self,
            name.capitalize(),
            cluster=self.cluster,
            task_definition=task,
            desired_count=1,
            # Two daemons, or code of two versions, must not work side by side.
            min_healthy_percent=0,
            max_healthy_percent=100,
            assign_public_ip=True,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            security_groups=[self._group],
            capacity_provider_strategies=[ecs.CapacityProviderStrategy(capacity_provider=provider, weight=1)],
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            # It loads the code location before it answers.
            health_check_grace_period=Duration.minutes(5) if name == "webserver" and config.dagster.entry else None,
            enable_execute_command=not config.is_prod,
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            cloud_map_options=ecs.CloudMapOptions(name=name, dns_ttl=Duration.seconds(10)),
        )


def _instance_environment(config: StageConfig, guard: Guard, domain: str) -> dict[str, str]:
    """Return what the files in infra/dagster/aws ask for, beside the database and the logs."""
    dagster = config.dagster
    return {
        "AWS_DEFAULT_REGION": config.region,
        "DAGSTER_HOME": HOME,
        "LORECHAT_STAGE": config.stage,
        "LORECHAT_CODE_HOST": f"code.{domain}",
        "LORECHAT_CODE_PORT": str(CODE_PORT),
        "LORECHAT_DAGSTER_URL": f"https://{dagster.entry.name}"
        if dagster.entry
        else f"http://webserver.{domain}:{DAGSTER_PORT}",
        "LORECHAT_MOST_RUNS": str(dagster.most_runs),
        "LORECHAT_RUN_FAMILY": config.prefix,
        "LORECHAT_RUN_CPU": str(dagster.run_size.cpu),
        "LORECHAT_RUN_MEMORY": str(dagster.run_size.memory),
        "LORECHAT_RUN_SPOT": str(dagster.spot).lower(),
        "LORECHAT_RUN_GROUP": guard.dagster.security_group_id,
    }


def _grant_data(
    task: ecs.FargateTaskDefinition, *, lake: s3.IBucket, source: s3.IBucket, run_logs: s3.IBucket | None
) -> None:
    lake.grant_read_write(task.task_role, f"{LAKE_PREFIX}/*")
    source.grant_read(task.task_role)
    acknowledge_keys(task, lake, [f"{LAKE_PREFIX}/*"])
    acknowledge_keys(task, source, ["*"])
    if run_logs is not None:
        run_logs.grant_read_write(task.task_role, "runs/*")
        acknowledge_keys(task, run_logs, ["runs/*"])


def _grant_starting(
    task: ecs.FargateTaskDefinition,
    function: functions.IFunction,
    cluster: ecs.ICluster,
    worker: ecs.FargateTaskDefinition,
    family: str,
) -> None:
    allow_launching(task, cluster=cluster, worker=worker, family=family, lines=_lines_of(task, "daemon"))
    function.grant_invoke(task.task_role)
    acknowledge(
        task,
        f"AwsSolutions-IAM5[Resource::<{_id_of(function)}.Arn>:*]",
        "A grant to invoke a function is one for its versions, too.",
    )


def _lines_of(task: ecs.FargateTaskDefinition, name: str) -> logs.ILogGroup:
    lines = task.node.find_child(f"{name}Log")
    if not isinstance(lines, logs.LogGroup):
        raise TypeError(f"{name} writes no log")
    return lines


def _id_of(function: functions.IFunction) -> str:
    resource = function.node.default_child
    if not isinstance(resource, CfnElement):
        raise TypeError("the function is none of this app")
    logical_id: str = Stack.of(function).resolve(resource.logical_id)
    return logical_id
