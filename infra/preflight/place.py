"""Checks of where things lie: the region, and who may sign certificates for the domain."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config.stage_config import StageConfig
from infra.preflight.asking import Clients, code_of

_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Names of Amazon's certificate authority, each of which is enough."""


def check_region(region: str | None, config: StageConfig) -> Iterator[str]:
    """Whether what a person types goes where the stage goes. `region` is that of the profile or of AWS_REGION."""
    if region and region != config.region:
        yield (
            f"AWS_REGION or the profile says {region}, and the stage lies in {config.region}: secrets and images that "
            f"you make by hand would be in the wrong place. export AWS_REGION={config.region}"
        )


def check_certificate(clients: Clients, config: StageConfig) -> Iterator[str]:
    """Whether the zone is the account's, and lets Amazon issue the certificate, which a deployment otherwise waits for
    until it fails. The certificate itself is made in us-east-1, where CloudFront looks for it."""
    if config.domain is None:
        return
    route53, domain = clients("route53"), config.domain
    if why := code_of(lambda: route53.get_hosted_zone(Id=domain.zone_id)):
        yield (
            f"The zone {domain.zone_id} of {domain.zone_name} is not this account's ({why}): put the id of yours into "
            f"{config.stage}.yaml, or make one: aws route53 create-hosted-zone --name {domain.zone_name} ..."
        )
        return
    found: dict[str, list[str]] = {}
    for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=domain.zone_id):
        for record in page["ResourceRecordSets"]:
            if record["Type"] == "CAA":
                found[record["Name"].rstrip(".")] = [entry["Value"] for entry in record.get("ResourceRecords", [])]
    # An authority takes the records of the nearest name that has any.
    names = domain.name.split(".")
    nearest = next((found[name] for at in range(len(names)) if (name := ".".join(names[at:])) in found), [])
    issuers = [value for value in nearest if " issue " in value]
    if issuers and not any(name in value for value in issuers for name in _AMAZON):
        yield (
            f"The CAA records of {domain.zone_name} let only others issue certificates ({', '.join(issuers)}): add "
            f'0 issue "amazon.com"'
        )
