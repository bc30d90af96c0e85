from __future__ import annotations

import pytest

from tests.infra.conftest import Stage

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stack", ["edge", "data"])
def test_every_bucket_is_encrypted_versioned_private_and_ends_with_its_time(stage: Stage, stack: str) -> None:
    buckets = stage.resources(stack, "AWS::S3::Bucket")
    assert buckets
    for bucket in buckets.values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert bucket["LifecycleConfiguration"]["Rules"]


@pytest.mark.parametrize("stack", ["edge", "data"])
def test_every_bucket_is_reached_by_tls_alone(stage: Stage, stack: str) -> None:
    policies = stage.resources(stack, "AWS::S3::BucketPolicy").values()
    assert len(policies) == len(stage.resources(stack, "AWS::S3::Bucket"))
    for policy in policies:
        denied = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        conditions = [statement["Condition"] for statement in denied]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions


def test_buckets_of_data_tell_who_read_them(stage: Stage) -> None:
    for bucket in stage.resources("data", "AWS::S3::Bucket").values():
        assert bucket["LoggingConfiguration"]["LogFilePrefix"].startswith("s3/")


def test_databases_are_encrypted_closed_and_insist_on_tls(stage: Stage) -> None:
    instances = stage.resources("data", "AWS::RDS::DBInstance").values()
    assert len(instances) == 2
    for instance in instances:
        assert instance["StorageEncrypted"] is True
        assert instance["PubliclyAccessible"] is False
        assert instance["DeletionProtection"] is (stage.name == "prod")
        assert instance["MultiAZ"] is (stage.name == "prod")
        assert len(instance["VPCSecurityGroups"]) == 1
    for group in stage.resources("data", "AWS::RDS::DBParameterGroup").values():
        assert group["Parameters"]["rds.force_ssl"] == "1"


def test_what_prod_knows_outlives_its_stack(prod: Stage) -> None:
    kept = {
        resource["DeletionPolicy"]
        for resource in prod.templates["data"]["Resources"].values()
        if resource["Type"] in ("AWS::S3::Bucket", "AWS::RDS::DBInstance")
    }
    assert kept <= {"Retain", "Snapshot"}
