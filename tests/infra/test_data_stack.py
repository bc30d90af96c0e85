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


def test_what_workers_said_and_what_runs_logged_does_not_stay_for_ever(stage: Stage) -> None:
    passing = {
        rule["Prefix"]
        for bucket in stage.resources("data", "AWS::S3::Bucket").values()
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert passing == {"lake/pipes/", "runs/"}


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


def test_a_dropped_page_starts_the_function_and_what_fails_for_good_waits(stage: Stage) -> None:
    (notified,) = stage.resources("data", "Custom::S3BucketNotifications").values()
    filters = [
        {rule["Name"]: rule["Value"] for rule in entry["Filter"]["Key"]["FilterRules"]}
        for entry in notified["NotificationConfiguration"]["LambdaFunctionConfigurations"]
    ]
    # What the function writes (`processed/`) must not start it again.
    assert {found["prefix"] for found in filters} == {"incoming/"}
    assert {found["suffix"] for found in filters} == {".html", ".htm", ".jsonl", ".ndjson", ".gz"}
    invoked = stage.only("data", "AWS::Lambda::EventInvokeConfig")
    assert invoked["MaximumRetryAttempts"] == 2
    assert "Dead" in invoked["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]


def test_the_function_is_told_that_an_object_is_gone_and_sees_no_other_names(stage: Stage) -> None:
    """S3 answers 404 only to who may list, and 403 to others; it takes the key that is asked for as the prefix."""
    (policy,) = (
        policy["PolicyDocument"]["Statement"]
        for name, policy in stage.resources("data", "AWS::IAM::Policy").items()
        if name.startswith("PagesFunction")
    )
    listing = [one for one in policy if "s3:ListBucket" in one["Action"]]
    seen = {
        (str(one["Resource"]["Fn::GetAtt"][0])[:-8], one["Condition"]["StringLike"]["s3:prefix"]) for one in listing
    }
    assert seen == {("Source", "incoming/*"), ("Lake", "lake/*")}


def test_the_function_comes_as_an_image_of_the_stages_architecture(stage: Stage) -> None:
    (function,) = (f for f in stage.resources("data", "AWS::Lambda::Function").values() if "ImageUri" in f["Code"])
    assert function["Architectures"] == ["arm64"]
    assert function["TracingConfig"] == {"Mode": "Active"}


def test_failures_of_the_function_ring_an_alarm(stage: Stage) -> None:
    watched = {alarm["MetricName"] for alarm in stage.resources("data", "AWS::CloudWatch::Alarm").values()}
    assert watched == {"Errors", "Throttles", "ApproximateNumberOfMessagesVisible"}


def test_dagster_is_three_services_that_never_run_twice(stage: Stage) -> None:
    services = stage.resources("data", "AWS::ECS::Service").values()
    assert len(services) == 3
    for service in services:
        deployment = service["DeploymentConfiguration"]
        assert (deployment["MaximumPercent"], deployment["MinimumHealthyPercent"]) == (100, 0)
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert service["PropagateTags"] == "SERVICE"
        assert "LoadBalancers" not in service


def test_every_container_of_the_pipeline_has_a_file_system_that_cannot_be_written(stage: Stage) -> None:
    tasks = stage.resources("data", "AWS::ECS::TaskDefinition").values()
    assert len(tasks) == 4
    for task in tasks:
        for container in task["ContainerDefinitions"]:
            assert container["ReadonlyRootFilesystem"] is True
            assert container["StopTimeout"] == 120
