"""The web application firewall in front of CloudFront."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.config.stage_config import StageConfig
from infra.parts.log_group import log_group

_BODY_RULES = (
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "SizeRestrictions_BODY",
)
"""Rules that judge bodies are only counted: a question about HTML, paths or 169.254.169.254 is a question, a history
of turns passes 8 KB, and nothing in a body is run or fetched."""

_DOORS = "^/(api|v1|mcp|health)(/|$)"
"""Where programs ask, with keys of their own: to bot control every one of them is a bot."""


class Firewall(Construct):
    """Refuses networks and countries first, then floods, then what AWS's managed rules know."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        super().__init__(scope, id)
        rules = [*self._own_rules(config), *_managed_rules(config)]
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("firewall"),
            rules=[_numbered(place, rule) for place, rule in enumerate(rules)],
        )
        # The service insists on names with this beginning.
        lines = log_group(self, "Log", config=config, name=f"aws-waf-logs-{config.prefix}")
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[
                # WAF wants the ARN without the `:*` at the end of the log group's own.
                Stack.of(self).format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=lines.log_group_name,
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            redacted_fields=[
                waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                for name in ("authorization", "cookie")
            ],
        )

    def _own_rules(self, config: StageConfig) -> list[waf.CfnWebACL.RuleProperty]:
        rules = []
        if config.firewall.blocked_addresses:
            refused = waf.CfnIPSet(
                self,
                "Refused",
                scope="CLOUDFRONT",
                ip_address_version="IPV4",
                addresses=list(config.firewall.blocked_addresses),
            )
            by_address = waf.CfnWebACL.StatementProperty(ip_set_reference_statement={"arn": refused.attr_arn})
            rules.append(_blocking("addresses", by_address))
        if config.firewall.blocked_countries:
            by_country = waf.CfnWebACL.StatementProperty(
                geo_match_statement=waf.CfnWebACL.GeoMatchStatementProperty(
                    country_codes=list(config.firewall.blocked_countries)
                )
            )
            rules.append(_blocking("countries", by_country))
        flood = waf.CfnWebACL.RateBasedStatementProperty(
            aggregate_key_type="IP", limit=config.firewall.requests_per_five_minutes, evaluation_window_sec=300
        )
        rules.append(_blocking("flood", waf.CfnWebACL.StatementProperty(rate_based_statement=flood)))
        return rules


def _managed_rules(config: StageConfig) -> list[waf.CfnWebACL.RuleProperty]:
    rules = [
        _managed("AWSManagedRulesAmazonIpReputationList"),
        _managed("AWSManagedRulesKnownBadInputsRuleSet"),
        _managed("AWSManagedRulesCommonRuleSet", counted=_BODY_RULES),
    ]
    if config.firewall.bot_control:
        common = waf.CfnWebACL.AWSManagedRulesBotControlRuleSetProperty(inspection_level="COMMON")
        settings = waf.CfnWebACL.ManagedRuleGroupConfigProperty(aws_managed_rules_bot_control_rule_set=common)
        rules.append(_managed("AWSManagedRulesBotControlRuleSet", settings=settings, judged=_not_at_doors()))
    return rules


def _not_at_doors() -> waf.CfnWebACL.StatementProperty:
    paths = waf.CfnWebACL.RegexMatchStatementProperty(
        regex_string=_DOORS,
        field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
        text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )
    at_doors = waf.CfnWebACL.StatementProperty(regex_match_statement=paths)
    return waf.CfnWebACL.StatementProperty(not_statement=waf.CfnWebACL.NotStatementProperty(statement=at_doors))


def _managed(
    name: str,
    *,
    counted: tuple[str, ...] = (),
    settings: waf.CfnWebACL.ManagedRuleGroupConfigProperty | None = None,
    judged: waf.CfnWebACL.StatementProperty | None = None,
) -> waf.CfnWebACL.RuleProperty:
    """Return a group of AWS's rules, for the requests that are `judged` (None: all). Rules that are `counted` refuse
    nothing."""
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS",
        name=name,
        managed_rule_group_configs=[settings] if settings else None,
        scope_down_statement=judged,
        rule_action_overrides=[
            waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use={"count": {}}) for rule in counted
        ]
        or None,
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=0,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_visible(name),
    )


def _blocking(name: str, statement: waf.CfnWebACL.StatementProperty) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=0,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        statement=statement,
        visibility_config=_visible(name),
    )


def _numbered(place: int, rule: waf.CfnWebACL.RuleProperty) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name=rule.name,
        priority=place,
        action=rule.action,
        override_action=rule.override_action,
        statement=rule.statement,
        visibility_config=rule.visibility_config,
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
