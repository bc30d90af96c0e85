from __future__ import annotations

import json
from typing import Any

import pytest

from infra.config.stage_config import read_stage
from tests.infra.conftest import Stage

pytestmark = pytest.mark.slow


def test_nothing_pays_for_nat_and_no_task_subnet_hands_out_addresses_unasked(stage: Stage) -> None:
    assert not stage.resources("edge", "AWS::EC2::NatGateway")
    assert not any(s["MapPublicIpOnLaunch"] for s in stage.resources("edge", "AWS::EC2::Subnet").values())


def test_a_stage_lies_in_its_zones_and_reaches_aws_by_endpoints(stage: Stage) -> None:
    config = read_stage(stage.name)
    subnets = stage.resources("edge", "AWS::EC2::Subnet").values()
    assert sorted(subnet["AvailabilityZone"] for subnet in subnets) == sorted([*config.zones] * 2)
    endpoints = [str(point["ServiceName"]) for point in stage.resources("edge", "AWS::EC2::VPCEndpoint").values()]
    (s3,) = (point for point in stage.resources("edge", "AWS::EC2::VPCEndpoint").values() if "Gateway" in str(point))
    assert len(s3["RouteTableIds"]) == len(subnets)
    for service in config.interface_endpoints:
        assert any(name.endswith(f".{service}") for name in endpoints), service
    assert len(endpoints) == 1 + len(config.interface_endpoints)


def test_each_layer_is_reached_by_the_one_before_it_alone(stage: Stage) -> None:
    groups = stage.resources("edge", "AWS::EC2::SecurityGroup")
    seen = set()
    for rule in stage.resources("edge", "AWS::EC2::SecurityGroupIngress").values():
        source = rule.get("SourcePrefixListId") or _named(rule["SourceSecurityGroupId"])
        seen.add((_named(rule["GroupId"]), source, rule["FromPort"]))
    for name, group in groups.items():
        seen |= {(_short(name), rule["CidrIp"], rule["FromPort"]) for rule in group.get("SecurityGroupIngress", [])}
    expected = {
        ("Balancer", "pl-3b927c52", 443 if stage.name == "prod" else 80),
        ("Chat", "Balancer", 8000),
        ("ChatDatabase", "Chat", 5432),
        ("DagsterDatabase", "Dagster", 5432),
        ("Dagster", "Dagster", 4000),
    }
    if stage.name == "prod":
        expected |= {("Dagster", "10.99.0.0/16", 3000), ("NetworkEndpointGroup", "10.20.0.0/16", 443)}
    assert seen == expected


def _named(reference: dict[str, Any]) -> str:
    return _short(reference["Fn::GetAtt"][0])


def _short(logical_id: str) -> str:
    """Return a security group's name without the hash at its end."""
    return logical_id.removeprefix("Guard")[:-8]


def test_the_load_balancer_refuses_what_does_not_come_through_cloudfront(stage: Stage) -> None:
    listener = stage.only("edge", "AWS::ElasticLoadBalancingV2::Listener")
    (action,) = listener["DefaultActions"]
    assert action["FixedResponseConfig"]["StatusCode"] == "403"
    (condition,) = stage.only("service", "AWS::ElasticLoadBalancingV2::ListenerRule")["Conditions"]
    assert condition["HttpHeaderConfig"]["HttpHeaderName"] == "X-LoreChat-Origin"
    assert "{{resolve:secretsmanager:" in json.dumps(condition)
    sent = _distribution(stage)["Origins"][0]["OriginCustomHeaders"][0]
    assert sent["HeaderName"] == "X-LoreChat-Origin"
    assert "{{resolve:secretsmanager:" in json.dumps(sent["HeaderValue"])


def test_the_load_balancer_waits_for_silent_sockets_and_keeps_who_asks(stage: Stage) -> None:
    balancer = stage.only("edge", "AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {pair["Key"]: pair["Value"] for pair in balancer["LoadBalancerAttributes"]}
    assert int(attributes["idle_timeout.timeout_seconds"]) >= 300
    assert attributes["routing.http.xff_header_processing.mode"] == "preserve"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["access_logs.s3.enabled"] == "true"


def test_people_reach_the_chat_by_modern_tls_alone(prod: Stage) -> None:
    distribution = _distribution(prod)
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution["HttpVersion"] == "http2and3"
    assert distribution["Origins"][0]["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    for behavior in (distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]):
        assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    listener = prod.only("edge", "AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Protocol"], listener["SslPolicy"][:25]) == ("HTTPS", "ELBSecurityPolicy-TLS13-1")


def test_only_the_interfaces_own_files_are_cached(stage: Stage) -> None:
    disabled, optimized = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6"  # AWS's own
    distribution = _distribution(stage)
    assert distribution["DefaultCacheBehavior"]["CachePolicyId"] == disabled
    (cached,) = distribution["CacheBehaviors"]
    assert (cached["PathPattern"], cached["CachePolicyId"]) == ("/assets/*", optimized)


def test_an_error_of_one_person_is_not_shown_to_the_next(stage: Stage) -> None:
    """CloudFront keeps these for ten seconds unless it is told otherwise, even where nothing else is cached."""
    errors = _distribution(stage)["CustomErrorResponses"]
    assert {error["ErrorCode"] for error in errors} >= {404, 414, 500, 501, 502, 503, 504}
    assert all(error == {"ErrorCode": error["ErrorCode"], "ErrorCachingMinTTL": 0} for error in errors)


def test_websockets_and_keys_pass_cloudfront(stage: Stage) -> None:
    policy = stage.only("edge", "AWS::CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]
    assert policy["HeadersConfig"] == {"HeaderBehavior": "allViewer"}  # with Sec-WebSocket-... and Authorization
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert policy["CookiesConfig"] == {"CookieBehavior": "all"}
    assert set(_distribution(stage)["DefaultCacheBehavior"]["AllowedMethods"]) >= {"GET", "POST", "DELETE"}
    assert _distribution(stage)["DefaultCacheBehavior"]["Compress"] is False


def test_browsers_are_told_to_be_careful(stage: Stage) -> None:
    headers = stage.only("edge", "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = headers["SecurityHeadersConfig"]
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 86_400
    assert set(security) == {"ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity"}


def test_the_firewall_refuses_floods_and_what_aws_knows_to_be_bad(stage: Stage) -> None:
    acl = stage.only("edge", "AWS::WAFv2::WebACL")
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert list(rules) == [
        "flood",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]
    limit = 1000 if stage.name == "prod" else 2000
    flood = rules["flood"]["Statement"]["RateBasedStatement"]
    assert (flood["Limit"], flood["AggregateKeyType"], rules["flood"]["Action"]) == (limit, "IP", {"Block": {}})
    assert [rule["Priority"] for rule in acl["Rules"]] == list(range(len(rules)))
    common = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    counted = {override["Name"] for override in common["RuleActionOverrides"]}
    assert counted
    assert all(name.endswith("_BODY") for name in counted)  # questions may be about HTML
    assert "WebACLId" in _distribution(stage)


def test_the_domain_leads_to_cloudfront_and_its_origin_to_the_load_balancer(prod: Stage) -> None:
    names = {(record["Name"], record["Type"]) for record in prod.resources("edge", "AWS::Route53::RecordSet").values()}
    assert names == {
        ("chat.example.com.", "A"),
        ("chat.example.com.", "AAAA"),
        ("origin.chat.example.com.", "A"),
    }
    certificate = prod.only("edge", "AWS::CertificateManager::Certificate")
    assert certificate["SubjectAlternativeNames"] == ["origin.chat.example.com"]


def _distribution(stage: Stage) -> dict[str, Any]:
    config: dict[str, Any] = stage.only("edge", "AWS::CloudFront::Distribution")["DistributionConfig"]
    return config
