"""The Lambda function that turns dropped pages into documents, and does small shares of stages for Dagster."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge, acknowledge_keys
from infra.parts.collector import namespace
from infra.parts.log_group import log_group
from infra.parts.pipeline_access import lake_environment
from infra.parts.prefix import INCOMING, LAKE_PREFIX, PROCESSED

_TIMEOUT = Duration.minutes(10)


class PageFunction(Construct):
    """An event is tried three times; what failed then waits in `dead` for a person."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig, source: s3.IBucket, lake: s3.IBucket) -> None:
        super().__init__(scope, id)
        self.dead = sqs.Queue(
            self,
            "Dead",
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=Duration.days(14),
        )
        acknowledge(self.dead, "AwsSolutions-SQS3", "It is itself the queue of what failed.")
        done = self._table()
        image = config.images.function
        self.function = functions.DockerImageFunction(
            self,
            "Function",
            code=functions.DockerImageCode.from_ecr(
                ecr.Repository.from_repository_name(self, "Image", image.repository), tag_or_digest=image.tag
            ),
            architecture=functions.Architecture.ARM_64
            if config.architecture == "ARM64"
            else functions.Architecture.X86_64,
            memory_size=3008,
            timeout=_TIMEOUT,
            retry_attempts=2,
            on_failure=destinations.SqsDestination(self.dead),
            tracing=functions.Tracing.ACTIVE,
            log_group=log_group(self, "Log", config=config),
            environment={
                **lake_environment(config, lake),
                "LORECHAT_HOME": "/tmp/lorechat",  # noqa: S108  the only place that a function may write
                "LORECHAT_IDEMPOTENCY_TABLE": done.table_name,
                "POWERTOOLS_SERVICE_NAME": "pages",
                "POWERTOOLS_METRICS_NAMESPACE": namespace(config),
            },
        )
        for statement in _rights(done, source, lake):
            self.function.add_to_role_policy(statement)
        acknowledge_keys(self.function, source, [f"{INCOMING}*", f"{PROCESSED}*"])
        acknowledge_keys(self.function, lake, [f"{LAKE_PREFIX}/*"])
        acknowledge(
            self.function,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
            "AWS's own policy for writing log lines, which is all that it allows.",
        )
        acknowledge(self.function, "AwsSolutions-IAM5[Resource::*]", "X-Ray knows no resources.")
        for suffix in (".html", ".htm", ".jsonl", ".ndjson", ".gz"):
            source.add_event_notification(
                s3.EventType.OBJECT_CREATED,
                notifications.LambdaDestination(self.function),
                s3.NotificationKeyFilter(prefix=INCOMING, suffix=suffix),
            )
        self.alarms = [
            self._alarm("Failures", self.function.metric_errors(period=Duration.minutes(5)), "the function fails"),
            self._alarm("Throttles", self.function.metric_throttles(period=Duration.minutes(5)), "it is throttled"),
            self._alarm(
                "Waiting",
                self.dead.metric_approximate_number_of_messages_visible(period=Duration.minutes(5)),
                "events failed for good and wait for a person",
            ),
        ]

    def _table(self) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Done",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expiration",
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            table, "AwsSolutions-DDB3", "It remembers for hours what was done already; nothing is lost with it."
        )
        return table

    def _alarm(self, id: str, metric: cloudwatch.Metric, says: str) -> cloudwatch.Alarm:
        return metric.create_alarm(
            self,
            id,
            alarm_description=f"Pages dropped into the source bucket: {says}",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _rights(done: dynamodb.ITable, source: s3.IBucket, lake: s3.IBucket) -> list[iam.PolicyStatement]:
    """What the function does, action by action: it never deletes an object, and sees of a bucket's names those
    below what it reads."""
    keep = ["s3:PutObject", "s3:AbortMultipartUpload"]
    return [
        iam.PolicyStatement(
            actions=["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            resources=[done.table_arn],
        ),
        iam.PolicyStatement(
            actions=["s3:GetObject", "s3:GetObjectVersion"], resources=[source.arn_for_objects(f"{INCOMING}*")]
        ),
        iam.PolicyStatement(actions=keep, resources=[source.arn_for_objects(f"{PROCESSED}*")]),
        iam.PolicyStatement(actions=["s3:GetObject", *keep], resources=[lake.arn_for_objects(f"{LAKE_PREFIX}/*")]),
        _listing(source, f"{INCOMING}*"),
        _listing(lake, f"{LAKE_PREFIX}/*"),
    ]


def _listing(bucket: s3.IBucket, prefix: str) -> iam.PolicyStatement:
    """Delta lists its log. And S3 says only to who may list that an object is not there: a page that was deleted
    meanwhile would look like one that is forbidden, be tried three times, and call a person."""
    return iam.PolicyStatement(
        actions=["s3:ListBucket"], resources=[bucket.bucket_arn], conditions={"StringLike": {"s3:prefix": prefix}}
    )
