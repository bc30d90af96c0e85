"""A stage of prod with what no shipped stage asks for: bot control, refused places, a guardrail."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.config.stage_config import StageConfig, read_stage
from tests.infra.conftest import Stage

pytestmark = pytest.mark.slow

NETWORK = "198.51.100.0/24"


@pytest.fixture(scope="module")
def further(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Writing it fails when a rule of cdk-nag is broken."""
    from infra.app import build_app

    plain = read_stage("prod").model_dump()
    plain["firewall"] |= {"bot_control": True, "blocked_countries": ("XX",), "blocked_addresses": (NETWORK,)}
    plain["chat"]["settings"] |= {"LORECHAT_GUARDRAIL_ID": "abc123"}
    folder = tmp_path_factory.mktemp("further")
    assembly = build_app(StageConfig.model_validate(plain), folder).synth()
    templates = {stack.stack_name.removeprefix("lorechat-prod-"): stack.template for stack in assembly.stacks}
    return Stage("prod", folder, templates)


def _rules(stage: Stage) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in stage.only("edge", "AWS::WAFv2::WebACL")["Rules"]}


def test_refused_networks_and_countries_come_before_all_other_rules(further: Stage) -> None:
    rules = _rules(further)
    assert list(rules)[:3] == ["addresses", "countries", "flood"]
    assert [rule["Priority"] for rule in rules.values()] == list(range(len(rules)))
    assert rules["countries"]["Statement"]["GeoMatchStatement"]["CountryCodes"] == ["XX"]
    assert {rules[name]["Action"].popitem()[0] for name in ("addresses", "countries")} == {"Block"}
    assert further.only("edge", "AWS::WAFv2::IPSet")["Addresses"] == [NETWORK]


def test_bot_control_judges_browsers_pages_and_lets_programs_use_their_doors(further: Stage) -> None:
    group = _rules(further)["AWSManagedRulesBotControlRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    (settings,) = group["ManagedRuleGroupConfigs"]
    assert settings == {"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": "COMMON"}}
    spared = group["ScopeDownStatement"]["NotStatement"]["Statement"]["RegexMatchStatement"]
    assert spared["FieldToMatch"] == {"UriPath": {}}
    doors = ("/v1/models", "/api/answer", "/api", "/mcp", "/health/ready")
    assert all(re.search(spared["RegexString"], path) for path in doors)
    assert not any(re.search(spared["RegexString"], path) for path in ("/", "/login", "/apiary", "/ws/socket.io/"))


def test_the_chat_may_ask_its_guardrail_and_no_other(further: Stage) -> None:
    statements = [
        statement
        for policy in further.resources("service", "AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "bedrock:ApplyGuardrail"
    ]
    assert len(statements) == 1
    assert json.dumps(statements[0]["Resource"]).endswith(':guardrail/abc123"]]}')
