"""Makes what the settings say of workers on AWS.

What it takes is in the extra `aws`, so nothing of it is imported where no such worker is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.error import BadInput
from orchestration.workplace.placement import Placing

if TYPE_CHECKING:
    from orchestration.settings import PipelineSettings
    from orchestration.workplace.aws import AwsClients
    from orchestration.workplace.remote_crew import RemoteCrew


def open_remote_crew(settings: PipelineSettings) -> RemoteCrew | None:
    """Return the workers on AWS, None where nothing of it is set. No client is made yet.

    Errors: BadInput for a lake that workers elsewhere cannot reach.
    """
    placing = Placing(settings)
    if not placing.is_remote:
        return None
    if not settings.lake_place.startswith("s3://"):
        raise BadInput(
            f"workers on AWS cannot reach the lake at {settings.lake_place}: set LORECHAT_LAKE to s3://bucket/prefix, "
            "or leave LORECHAT_WORKER_FUNCTION and LORECHAT_WORKER_CLUSTER empty"
        )
    try:
        from orchestration.workplace.remote_crew import RemoteCrew
        from orchestration.workplace.task import TaskPlace
    except ModuleNotFoundError as error:
        raise BadInput(
            f"workers on AWS are set, and {error.name} is not installed: pip install 'lorechat[aws]', or leave "
            "LORECHAT_WORKER_FUNCTION and LORECHAT_WORKER_CLUSTER empty"
        ) from error

    local = settings.crew()

    def clients() -> AwsClients:
        import boto3

        from orchestration.workplace.aws import aws_clients

        return aws_clients(boto3.Session(), settings.s3_region, settings.storage_options())

    return RemoteCrew(
        placing=placing,
        local=local,
        model=local.model.model_copy(update={"cache": None}),
        function=settings.worker_function,
        tasks=TaskPlace(
            cluster=settings.worker_cluster,
            definition=settings.worker_task,
            subnets=tuple(filter(None, (subnet.strip() for subnet in settings.worker_subnets.split(",")))),
            group=settings.worker_group,
            is_spot=settings.worker_spot,
        ),
        open_clients=clients,
    )
