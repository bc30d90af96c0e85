"""A Fargate task: one image, not root, a root file system that cannot be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra.config.image import Image
from infra.config.stage_config import StageConfig
from infra.config.workload import TaskSize
from infra.parts.acknowledgement import acknowledge
from infra.parts.log_group import log_group

WRITABLE = {"state": "/state", "tmp": "/tmp"}  # noqa: S108  inside the container, on a volume of its own
"""What a task may write: LoreChat's home, where search indexes lie as well, and temporary files. The container files
make both folders, owned by their user, and declare them as volumes, so that Fargate keeps the owner."""

_SHELL = {"shell-state": "/var/lib/amazon", "shell-logs": "/var/log/amazon"}
"""What the agent writes that opens shells and forwards ports. Without these it does not start where the root cannot be
written: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"""

SPOT_WARNING = Duration.seconds(120)
"""How long before it is taken a task on Spot is told; what it does has to be drained by then."""


def task_definition(scope: Construct, id: str, *, config: StageConfig, size: TaskSize) -> ecs.FargateTaskDefinition:
    """Return a task without containers, with the volumes that `add_container` mounts."""
    architecture = ecs.CpuArchitecture.ARM64 if config.architecture == "ARM64" else ecs.CpuArchitecture.X86_64
    task = ecs.FargateTaskDefinition(
        scope,
        id,
        cpu=size.cpu,
        memory_limit_mib=size.memory,
        runtime_platform=ecs.RuntimePlatform(
            cpu_architecture=architecture, operating_system_family=ecs.OperatingSystemFamily.LINUX
        ),
        volumes=[ecs.Volume(name=name) for name in _volumes(config)],
    )
    acknowledge(
        task, "AwsSolutions-ECS2", "Only what is no secret stands in variables; secrets come from their manager."
    )
    acknowledge(task, "AwsSolutions-IAM5[Resource::*]", "Fetching tokens of the registry knows no resources.")
    return task


def image_of(scope: Construct, id: str, image: Image) -> ecs.EcrImage:
    """Return the container image in the account's registry."""
    return ecs.ContainerImage.from_ecr_repository(
        ecr.Repository.from_repository_name(scope, id, image.repository), image.tag
    )


def add_container(
    task: ecs.FargateTaskDefinition,
    name: str,
    *,
    config: StageConfig,
    image: ecs.ContainerImage,
    environment: Mapping[str, str],
    secrets: Mapping[str, ecs.Secret],
    command: Sequence[str] | None = None,
    port: int | None = None,
    health: Sequence[str] | None = None,
    essential: bool = True,
) -> ecs.ContainerDefinition:
    """Add a container. `health` is a command whose exit status 0 says that it works; the task ends with an `essential`
    one."""
    container = task.add_container(
        name,
        image=image,
        essential=essential,
        command=list(command) if command else None,
        environment={**environment, "LORECHAT_HOME": WRITABLE["state"]},
        secrets=dict(secrets),
        readonly_root_filesystem=True,
        logging=ecs.LogDriver.aws_logs(stream_prefix=name, log_group=log_group(task, f"{name}Log", config=config)),
        port_mappings=[ecs.PortMapping(container_port=port, name=name)] if port else None,
        health_check=ecs.HealthCheck(
            command=["CMD", *health], interval=Duration.seconds(30), start_period=Duration.seconds(120), retries=3
        )
        if health
        else None,
        stop_timeout=SPOT_WARNING,
        linux_parameters=ecs.LinuxParameters(task, f"{name}Linux", init_process_enabled=True),
    )
    container.add_mount_points(
        *(
            ecs.MountPoint(container_path=path, source_volume=volume, read_only=False)
            for volume, path in _volumes(config).items()
        )
    )
    return container


def _volumes(config: StageConfig) -> dict[str, str]:
    return WRITABLE if config.is_prod else {**WRITABLE, **_SHELL}  # nobody opens a shell in prod
