"""Security groups: each admits only the layer before it."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.config.dagster_entry import DagsterEntry
from infra.config.stage_config import StageConfig
from infra.parts.acknowledgement import acknowledge

CHAT_PORT, DAGSTER_PORT, CODE_PORT, POSTGRES_PORT = 8000, 3000, 4000, 5432
CLOUDFRONT_ADDRESSES = "pl-3b927c52"
"""AWS's list of the addresses from which CloudFront asks origins, `com.amazonaws.global.cloudfront.origin-facing`, in
us-east-1. It counts as 55 of the 60 rules of a group: no second port fits."""


class Guard(Construct):
    """CloudFront -> balancer -> chat -> its database; networks of people, or those who log in at its own balancer ->
    Dagster -> its database. Workers admit nobody."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig, vpc: ec2.IVpc) -> None:
        super().__init__(scope, id)
        self._vpc = vpc
        self.balancer = self._group("Balancer", "load balancer, for CloudFront alone", out=False)
        self.chat = self._group("Chat", "chat, for the load balancer alone")
        self.dagster = self._group("Dagster", "services and runs of Dagster")
        self.worker = self._group("Worker", "stage workers, for nobody")
        self.chat_database = self._group("ChatDatabase", "PostgreSQL of the chat", out=False)
        self.dagster_database = self._group("DagsterDatabase", "PostgreSQL of Dagster", out=False)

        entry = ec2.Port.HTTPS if config.domain else ec2.Port.HTTP
        self.balancer.add_ingress_rule(ec2.Peer.prefix_list(CLOUDFRONT_ADDRESSES), entry, "from CloudFront")
        self.balancer.add_egress_rule(self.chat, ec2.Port.tcp(CHAT_PORT), "to the chat")
        self.chat.add_ingress_rule(self.balancer, ec2.Port.tcp(CHAT_PORT), "from the load balancer")
        self.chat_database.add_ingress_rule(self.chat, ec2.Port.tcp(POSTGRES_PORT), "from the chat")
        self.dagster_database.add_ingress_rule(self.dagster, ec2.Port.tcp(POSTGRES_PORT), "from Dagster")
        self.dagster.add_ingress_rule(self.dagster, ec2.Port.tcp(CODE_PORT), "from Dagster to its code location")
        for network in config.dagster.networks:
            self.dagster.add_ingress_rule(ec2.Peer.ipv4(network), ec2.Port.tcp(DAGSTER_PORT), "from people's network")
        self.entrance = self._entrance(config.dagster.entry) if config.dagster.entry else None

    def _entrance(self, entry: DagsterEntry) -> ec2.SecurityGroup:
        """Dagster's load balancer: people come in, and it asks their provider who they are."""
        group = self._group("Entrance", "load balancer of Dagster, for people who log in", out=False)
        for network in entry.networks:
            group.add_ingress_rule(ec2.Peer.ipv4(network), ec2.Port.HTTPS, "from people who log in")
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.HTTPS, "to their provider")
        group.add_egress_rule(self.dagster, ec2.Port.tcp(DAGSTER_PORT), "to Dagster's webserver")
        self.dagster.add_ingress_rule(group, ec2.Port.tcp(DAGSTER_PORT), "from its load balancer")
        acknowledge(group, "AwsSolutions-EC23", "From anywhere, but the listener lets in only who has logged in.")
        return group

    def _group(self, id: str, description: str, *, out: bool = True) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id, vpc=self._vpc, description=description, allow_all_outbound=out)
