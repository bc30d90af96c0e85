"""A rule of cdk-nag that does not hold for a construct, with the reason, at the place where it is broken."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

_KEYS = "Keys are named by their content: only the prefix above them is known beforehand."
_ACTIONS = ("s3:GetObject*", "s3:GetBucket*", "s3:List*", "s3:Abort*", "s3:DeleteObject*")


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Say why `construct` and what is below it may break `rule`, such as `AwsSolutions-SMG4`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_keys(construct: IConstruct, bucket: s3.IBucket, keys: Iterable[str]) -> None:
    """Let `construct` have rights on all objects of `bucket` below the prefixes `keys`, each of which ends in `*`."""
    owner = Stack.of(bucket)
    if owner is Stack.of(construct):
        place = owner.resolve(bucket.bucket_arn)["Fn::GetAtt"][0] + ".Arn"
        place = f"<{place}>"
    else:
        place = owner.resolve(owner.export_value(bucket.bucket_arn))["Fn::ImportValue"]
    for key in keys:
        acknowledge(construct, f"AwsSolutions-IAM5[Resource::{place}/{key}]", _KEYS)
    for action in _ACTIONS:
        acknowledge(construct, f"AwsSolutions-IAM5[Action::{action}]", "CDK's grants name actions by their beginning.")
