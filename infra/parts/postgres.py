"""A PostgreSQL that one part of the stage may reach."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge

DATABASE = "lorechat"
"""Name of the database within the instance."""


class Postgres(Construct):
    """Encrypted, in subnets without a way out, TLS forced. Chat and Dagster have one each: both keep the state of
    their migrations in tables of the same name, and neither shall read the other's."""

    secret: secretsmanager.ISecret

    def __init__(
        self, scope: Construct, id: str, *, config: StageConfig, vpc: ec2.IVpc, group: ec2.ISecurityGroup
    ) -> None:
        super().__init__(scope, id)
        engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17_6)
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            engine=engine,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[group],
            instance_type=ec2.InstanceType(config.database.instance),
            allocated_storage=config.database.gigabytes,
            max_allocated_storage=config.database.gigabytes * 5,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            publicly_accessible=False,
            multi_az=config.database.multi_az,
            database_name=DATABASE,
            credentials=rds.Credentials.from_generated_secret(DATABASE),
            parameters={"rds.force_ssl": "1"},
            backup_retention=Duration.days(config.database.backup_days),
            auto_minor_version_upgrade=True,
            deletion_protection=config.is_prod,
            copy_tags_to_snapshot=True,
            removal_policy=RemovalPolicy.SNAPSHOT if config.is_prod else RemovalPolicy.DESTROY,
        )
        if self.instance.secret is None:
            raise TypeError("generated credentials come without a secret")
        self.secret = self.instance.secret
        self.host = self.instance.db_instance_endpoint_address
        self._bundle = config.database.ca_bundle
        _acknowledge_choices(self, config)

    def environment(self) -> dict[str, str]:
        """Variables that every PostgreSQL client (libpq) reads: where the database is, and that TLS is a must."""
        trust = (
            {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": self._bundle} if self._bundle else {"PGSSLMODE": "require"}
        )
        return {"PGHOST": self.host, "PGPORT": "5432", "PGDATABASE": DATABASE, **trust}

    def secrets(self) -> dict[str, ecs.Secret]:
        """Variables whose values ECS fetches when a task starts."""
        return {
            "PGUSER": ecs.Secret.from_secrets_manager(self.secret, "username"),
            "PGPASSWORD": ecs.Secret.from_secrets_manager(self.secret, "password"),
        }


def _acknowledge_choices(postgres: Postgres, config: StageConfig) -> None:
    acknowledge(
        postgres, "AwsSolutions-SMG4", "Tasks read the password when they start: a rotation would cut off running ones."
    )
    acknowledge(
        postgres, "AwsSolutions-RDS11", "Only one security group reaches the port; another number would hide nothing."
    )
    if not config.database.multi_az:
        acknowledge(postgres, "AwsSolutions-RDS3", "A stage that may be away for minutes does not pay for a standby.")
    if not config.is_prod:
        acknowledge(postgres, "AwsSolutions-RDS10", "`make destroy` shall leave nothing of dev and staging.")
