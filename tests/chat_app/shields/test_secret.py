"""No secret is shown, nor a part of one, and what only talks of secrets stays."""

from __future__ import annotations

import pytest

from chat_app.shields.secret import SecretShield

KEY = "-----BEGIN {0}PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7x3kT0Yd9hPq2WcV\n" * 8 + "-----END {0}PRIVATE KEY-----"
SECRETS = [
    ("The key AKIAIOSFODNN7EXAMPLQ is mine.", "The key (removed: AWS access key) is mine.", "IOSFODNN7"),
    ("Set sk-proj-abc123DEF456ghi789JKL now", "Set (removed: API key) now", "abc123"),
    ("Use ghp_0123456789abcdefABCDEF0123456789abcd.", "Use (removed: API key).", "0123456789"),
    ("`Authorization: Bearer abcDEF123456.ghiJKL789`", "`Authorization: Bearer (removed: bearer token)`", "abcDEF"),
    ("PASSWORD = 'hunt3r22!'", "PASSWORD = '(removed: password)'", "hunt3r"),
    ("my_api_key=correcthorsebattery done", "my_api_key=(removed: password) done", "correct"),
    ("Kennwort: s0mmer2026 heißt es", "Kennwort: (removed: password) heißt es", "s0mmer"),
    ("`postgres://admin:s3cr3tpw@db:5432/x`", "`postgres://admin:(removed: password)@db:5432/x`", "s3cr"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "(removed: web token)", "hbGci"),
    (KEY.format("RSA ") + "\n\nKeep it.", "(removed: private key)\n\nKeep it.", "MIIEow"),
    ('"' + KEY.format("").replace("\n", "\\n") + '"', '"(removed: private key)"', "MIIEow"),
    ("sk-" + "a1" * 3_000 + " end", "(removed: API key) end", "a1a1"),
]
NONE = [
    "password=your_password and token: <your token>",
    "secret = os.environ['SECRET'], api_key = get_key(1), pwd=${PWD}",
    "The password: required. Token: optional. A token: is a word.",
    "sk-learn-contrib-package-name and npm_config_registry_url",
    "A file begins with `-----BEGIN PRIVATE KEY-----` and ends with another line.",
    "max_tokens=1000000 token_count=500000 passwordless=absolutely",
    "http://user:password@host is how it looks; ask AKIA about it.",
]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
@pytest.mark.parametrize(("text", "shown", "inside"), SECRETS)
async def test_a_secret_is_cut_out_and_never_shown_in_part(text: str, shown: str, inside: str, size: int) -> None:
    shield = SecretShield()
    seen = ""
    for at in range(0, len(text), size):
        seen += await shield.feed(text[at : at + size])
        assert inside not in seen
        assert shown.startswith(seen)
    assert seen + await shield.finish() == shown
    assert len(shield.removed) == 1


@pytest.mark.parametrize("text", NONE)
async def test_talking_of_secrets_is_no_secret(text: str) -> None:
    shield = SecretShield()
    assert await shield.feed(text) + await shield.finish() == text
    assert shield.removed == []


async def test_an_answer_that_ends_in_the_middle_of_a_secret_shows_none_of_it() -> None:
    shield = SecretShield()
    assert await shield.feed("Key: AKIAIOSFODNN7EXAMPLQ") + await shield.finish() == "Key: (removed: AWS access key)"
