"""The single checks. Each asks the account one thing, read-only, and says what is missing and what to do.

A check that these credentials may not make raises botocore's ClientError: nothing is known then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from infra.config.image import Image
from infra.config.stage_config import StageConfig
from infra.parts.secret_name import needed_keys, secret_name
from infra.preflight.asking import Clients, code_of, is_denied, named

_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
_BOOTSTRAP_VERSION = 6
"""The oldest that what is written here can be deployed with."""
_QUOTAS = {"on-demand": "L-3032A538", "Spot": "L-36FBB829"}
_VPCS = "L-F678F1CE"


def check_account(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the credentials in use are of the configured account. Errors: those of missing credentials."""
    account = clients("sts").get_caller_identity()["Account"]
    if config.account not in (None, account):
        yield (
            f"These credentials are of account {account}, and {config.stage}.yaml names {config.account}: take another "
            "profile with AWS_PROFILE, or correct the file."
        )


def check_bootstrap(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the account was prepared for the CDK in the stage's region."""
    try:
        version = int(clients("ssm").get_parameter(Name=_BOOTSTRAP)["Parameter"]["Value"])
    except ClientError as error:
        if is_denied(error):
            raise
        version = 0
    if version < _BOOTSTRAP_VERSION:
        state = f"bootstrapped by version {version} of the CDK, which is too old," if version else "not bootstrapped"
        yield f"The account is {state} in {config.region}: make bootstrap STAGE={config.stage}"


def check_secrets(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the operators' secrets are there, with every field that the configuration needs."""
    name, manager = secret_name(config), clients("secretsmanager")
    wanted = "{" + ", ".join(f'"{key}": "..."' for key in needed_keys(config)) + "}"
    try:
        held = json.loads(manager.get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        if is_denied(error):
            raise
        yield f"The secret {name}: aws secretsmanager create-secret --name {name} --secret-string '{wanted}'"
    except ValueError:
        yield f"The secret {name} is no JSON object. It has to be {wanted}"
    else:
        if missing := [key for key in needed_keys(config) if not held.get(key)]:
            lacks = ", ".join(missing)
            yield f"The secret {name} lacks {lacks}: aws secretsmanager put-secret-value, with all of {wanted}"
    canary = f"{config.secret_prefix}/canary"
    if config.watch.canary_question and (why := code_of(lambda: manager.describe_secret(SecretId=canary))):
        yield (
            f"The secret {canary} ({why}), an API key for the canary: make one with `lorechat keys add` in the chat's "
            "task, or deploy without watch.canary_question first."
        )


def check_images(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether every image was pushed."""
    images = config.images
    for image in (images.chat, images.dagster, images.worker, images.function):
        if why := code_of(partial(_describe, clients("ecr"), image)):
            yield f"The image {image.repository}:{image.tag} ({why}): make images STAGE={config.stage}"


def check_models(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the account may ask the configured models."""
    for arn in config.chat.bedrock_models:
        kind, _, model = arn.rpartition("::")[2].partition("/")
        if kind != "foundation-model":
            continue  # a profile is as open as the models behind it, which are listed as well
        try:
            said = clients("bedrock").get_foundation_model_availability(modelId=model)
        except ClientError as error:
            if is_denied(error):
                raise
            yield f"Bedrock does not know the model {model} ({named(error)}): correct chat.bedrock_models."
            continue
        if said.get("regionAvailability", "AVAILABLE") != "AVAILABLE":
            yield f"Bedrock does not offer {model} in {config.region}: name an inference profile, or another model."
        elif (said["authorizationStatus"], said["entitlementAvailability"]) != ("AUTHORIZED", "AVAILABLE"):
            yield f"The account has no access to {model}: ask for it in the Bedrock console, Model access."


def check_quota(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether Fargate's quotas of cores hold the stage under load, with one run and one worker; and those of VPCs."""
    services, chat = 3 * config.dagster.size.cpu, config.chat
    work = services + config.dagster.run_size.cpu + config.dagster.worker_size.cpu
    needed = {"on-demand": chat.on_demand * chat.size.cpu, "Spot": (chat.most - chat.on_demand) * chat.size.cpu}
    needed["on-demand" if config.is_prod else "Spot"] += work
    quotas = clients("service-quotas")
    for kind, code in _QUOTAS.items():
        cores, given = needed[kind] / 1024, _quota(quotas, "fargate", code)
        if given < cores:
            yield (
                f"Fargate gives {given:.0f} {kind} cores, {cores:.0f} are needed: aws service-quotas "
                f"request-service-quota-increase --service-code fargate --quota-code {code} --desired-value {cores:.0f}"
            )
    yield from _check_vpcs(clients, config, quotas)


def _check_vpcs(clients: Clients, config: StageConfig, quotas: Any) -> Iterator[str]:
    vpcs = clients("ec2").describe_vpcs()["Vpcs"]
    stack = f"{config.prefix}-edge"
    own = any(
        tag == {"Key": "aws:cloudformation:stack-name", "Value": stack} for v in vpcs for tag in v.get("Tags", [])
    )
    given = _quota(quotas, "vpc", _VPCS)
    if not own and len(vpcs) >= given:
        more = f"--service-code vpc --quota-code {_VPCS} --desired-value {len(vpcs) + 1}"
        yield (
            f"The account has {len(vpcs)} VPCs in {config.region} and may have {given:.0f}: delete one, or "
            f"aws service-quotas request-service-quota-increase {more}"
        )


def _quota(quotas: Any, service: str, code: str) -> float:
    """The account's own quota, or AWS's default where it never asked for another."""
    try:
        return float(quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"])
    except ClientError as error:
        if named(error) != "NoSuchResourceException":
            raise
        return float(quotas.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"])


def _describe(registry: Any, image: Image) -> None:
    kind = "imageDigest" if image.tag.startswith("sha256:") else "imageTag"
    registry.describe_images(repositoryName=image.repository, imageIds=[{kind: image.tag}])
