"""Where the deployment into the account of the tests departs from the one into AWS: all of it, with the reasons."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Resource = dict[str, Any]

UNKNOWN: Mapping[str, str] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "nothing there has load",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "nothing there has load",
    "AWS::Budgets::Budget": "nothing there costs money",
    "AWS::CloudWatch::CompositeAlarm": "the single alarms are deployed",
    "AWS::EC2::FlowLog": "nothing there has a network",
    "AWS::EC2::SecurityGroupEgress": "the groups are deployed, without rules that name other groups",
    "AWS::EC2::SecurityGroupIngress": "the groups are deployed, without rules that name other groups",
    "AWS::ECS::ClusterCapacityProviderAssociations": "its clusters know every provider",
    "AWS::WAFv2::LoggingConfiguration": "the firewall itself is deployed",
}
"""Kinds of resources that ministack's CloudFormation refuses by name, and what is lost by leaving them out."""

PACKAGE = "standin-function"
"""Name of the package that takes the place of the function's image."""


def is_image_function(resource: Resource) -> bool:
    """Whether it is a function that comes as an image: ministack runs those in Docker alone, which machines of tests
    lack, and a registry to take images from, too."""
    return bool(resource["Type"] == "AWS::Lambda::Function" and resource["Properties"].get("PackageType") == "Image")


def as_package(resource: Resource, bucket: object) -> Resource:
    """Return the function as a package whose program starts what the image would: the same handler through the same
    runtime client, in the project's own environment. Rights, variables, memory and times stay as they are."""
    properties = {name: value for name, value in resource["Properties"].items() if name != "PackageType"}
    properties |= {
        "Code": {"S3Bucket": bucket, "S3Key": f"{PACKAGE}.zip"},
        "Runtime": "provided.al2023",
        "Handler": "orchestration.function.handler.handle",
    }
    return {**resource, "Properties": properties}


def is_computed_alarm(resource: Resource) -> bool:
    """Whether it is an alarm on an expression over metrics, which ministack refuses. Such an alarm is left out."""
    metrics = resource.get("Properties", {}).get("Metrics", ())
    return resource["Type"] == "AWS::CloudWatch::Alarm" and any("Expression" in metric for metric in metrics)


def is_labelled_alarm(resource: Resource) -> bool:
    """Whether it is an alarm on one metric that is written as a list of one, as the CDK does where it has a label;
    ministack refuses lists."""
    return resource["Type"] == "AWS::CloudWatch::Alarm" and len(resource["Properties"].get("Metrics", ())) == 1


def as_plain_alarm(resource: Resource) -> Resource:
    """Return the same alarm, its metric in the plain form, without the label."""
    properties = {name: value for name, value in resource["Properties"].items() if name != "Metrics"}
    (told,) = resource["Properties"]["Metrics"]
    seen = told["MetricStat"]
    statistic = "ExtendedStatistic" if seen["Stat"].startswith("p") else "Statistic"
    return {
        **resource,
        "Properties": {**properties, **seen["Metric"], "Period": seen["Period"], statistic: seen["Stat"]},
    }


def write_package(folder: Path) -> None:
    """Write the package: one program, `bootstrap`, as the runtime wants it."""
    folder.mkdir()
    program = folder / "bootstrap"
    # A function of AWS has a /tmp of its own, this one shares the machine's.
    program.write_text(
        f'#!/bin/sh\nexport LORECHAT_HOME="$TMPDIR/function"\nexec {sys.executable} -m awslambdaric "$_HANDLER"\n'
    )
    program.chmod(0o755)
