"""The single checks. Each asks the account one thing, read-only, and says what is missing and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from infra.config.image import Image
from infra.config.stage_config import StageConfig
from infra.parts.secret_name import needed_keys, secret_name

Clients = Callable[[str], Any]
"""Gives the client of a service, such as `sts`; boto3's are not typed."""

_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
_QUOTAS = {"on-demand": "L-3032A538", "Spot": "L-36FBB829"}


def check_account(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the credentials in use are of the configured account. Errors: those of missing credentials."""
    account = clients("sts").get_caller_identity()["Account"]
    if config.account not in (None, account):
        yield f"These credentials are of account {account}, and {config.stage}.yaml names {config.account}."


def check_bootstrap(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the account was prepared for the CDK in the stage's region."""
    if _code(lambda: clients("ssm").get_parameter(Name=_BOOTSTRAP)):
        yield f"The account is not bootstrapped in {config.region}: make bootstrap STAGE={config.stage}"


def check_secrets(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the operators' secrets are there, with every field that the configuration needs."""
    name, manager = secret_name(config), clients("secretsmanager")
    try:
        held = json.loads(manager.get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        yield f"The secret {name} cannot be read ({_named(error)}); it needs {', '.join(needed_keys(config))}."
    except ValueError:
        yield f"The secret {name} is no JSON object."
    else:
        if missing := [key for key in needed_keys(config) if not held.get(key)]:
            yield f"The secret {name} lacks {', '.join(missing)}."
    canary = f"{config.secret_prefix}/canary"
    if config.watch.canary_question and (why := _code(lambda: manager.describe_secret(SecretId=canary))):
        yield f"The secret {canary}, an API key for the canary, cannot be found ({why})."


def check_images(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether every image was pushed."""
    images = config.images
    for image in (images.chat, images.dagster, images.worker, images.function):
        if why := _code(partial(_describe, clients("ecr"), image)):
            yield f"The image {image.repository}:{image.tag} is not in the registry ({why})."


def check_models(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the account may ask the configured models."""
    for arn in config.chat.bedrock_models:
        kind, _, model = arn.rpartition(":")[2].partition("/")
        if kind != "foundation-model":
            continue  # a profile is as open as the models behind it, which are listed as well
        model = arn.partition("foundation-model/")[2]
        try:
            said = clients("bedrock").get_foundation_model_availability(modelId=model)
        except ClientError as error:
            yield f"Bedrock does not know the model {model} ({_named(error)})."
            continue
        if (said["authorizationStatus"], said["entitlementAvailability"]) != ("AUTHORIZED", "AVAILABLE"):
            yield f"The account has no access to {model}: ask for it in the Bedrock console, Model access."


def check_quota(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether Fargate's quotas of cores hold the stage under load, with one run and one worker."""
    services, chat = 3 * config.dagster.size.cpu, config.chat
    work = services + config.dagster.run_size.cpu + config.dagster.worker_size.cpu
    needed = {"on-demand": chat.on_demand * chat.size.cpu, "Spot": (chat.most - chat.on_demand) * chat.size.cpu}
    needed["on-demand" if config.is_prod else "Spot"] += work
    for kind, quota in _QUOTAS.items():
        cores = needed[kind] / 1024
        try:
            given = clients("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode=quota)
        except ClientError as error:
            yield f"Fargate's quota of {kind} cores cannot be read ({_named(error)})."
            continue
        if given["Quota"]["Value"] < cores:
            yield f"Fargate gives {given['Quota']['Value']:.0f} {kind} cores, {cores:.0f} are needed: ask for {quota}."


def check_zone(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the domain's zone is the account's."""
    if config.domain is None:
        return
    zone, name = config.domain.zone_id, config.domain.zone_name
    if why := _code(lambda: clients("route53").get_hosted_zone(Id=zone)):
        yield f"The zone {zone} of {name} is not this account's ({why})."


def _describe(registry: Any, image: Image) -> None:
    kind = "imageDigest" if image.tag.startswith("sha256:") else "imageTag"
    registry.describe_images(repositoryName=image.repository, imageIds=[{kind: image.tag}])


def _code(ask: Callable[[], object]) -> str:
    """Return the code of the error that asking brings, or nothing."""
    try:
        ask()
    except ClientError as error:
        return _named(error)
    return ""


def _named(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
