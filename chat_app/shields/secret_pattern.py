"""What secrets look like: how they begin, and what they consist of.

Sources: the formats that AWS, OpenAI, GitHub, GitLab, Slack, Google, npm and Hugging Face document for their keys, RFC
7468 (private keys), RFC 7519 (JSON web tokens), RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

LONGEST_VALUE = 80
"""Characters of a value that are looked at before it is judged. A longer one is a secret, and swallowed to its end."""

_PLACEHOLDER = re.compile(
    r"your|example|placeholder|change|secret|passw|token|key|xxx|\*\*\*|\.\.\.|…|todo|none|null|true|false|environ|redact|"
    r"string|required|optional|dummy|here|user|value|config|variable|default|default|<|\$|%|\{",
    re.I,
)
_CALL = frozenset("([{$<.")
_RUN = re.compile(r"[A-Za-z0-9+/=]{20}")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a secret's beginning: one of `words`, or else `least` to `most` characters of `charset`."""

    words: tuple[str, ...] = ()
    charset: str = ""
    least: int = 0
    most: int = 0

    @property
    def whole(self) -> str:
        """A regular expression for it."""
        return _trie(self.words, begun=False) if self.words else f"{self.charset}{{{self.least},{self.most}}}"

    @property
    def begun(self) -> str:
        """A regular expression for what may become it, itself included."""
        return _trie(self.words, begun=True) if self.words else f"{self.charset}{{0,{self.most}}}"


def _trie(words: Iterable[str], *, begun: bool) -> str:
    """A regular expression for words, or for their beginnings, that reads each character once."""
    following: dict[str, list[str]] = {}
    ends = begun
    for word in words:
        if word:
            following.setdefault(word[0], []).append(word[1:])
        else:
            ends = True
    if not following:
        return ""
    ways = [re.escape(first) + _trie(rest, begun=begun) for first, rest in following.items()]
    return f"(?:{'|'.join(ways)})" + ("?" if ends else "")


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """A kind of secret: its beginning, then at least `least` characters of `charset`.

    `is_secret` judges (beginning, value, the character behind it or ""). `keeps_lead` says that the beginning may be
    shown; `anywhere` that it may begin in the middle of a word. `end` matches where a value ends whose characters may
    go on after it.
    """

    name: str
    lead: tuple[Part, ...]
    charset: str
    least: int
    is_secret: Callable[[str, str, str], bool]
    keeps_lead: bool = False
    ignore_case: bool = False
    anywhere: bool = False
    end: re.Pattern[str] | None = None

    @property
    def whole(self) -> str:
        """A regular expression with the groups `lead` and `value`, named by `name`'s place by the caller."""
        lead = "".join(part.whole for part in self.lead)
        return f"(?P<lead>{self._cased(lead)})(?P<value>{self.charset}{{{self.least},{LONGEST_VALUE}}})"

    @property
    def begun(self) -> str:
        """A regular expression for what may become a match."""
        pattern = f"{self.charset}{{0,{self.least}}}"
        for part in reversed(self.lead):
            pattern = f"(?:{part.whole}{pattern}|{part.begun})"
        return self._cased(pattern)

    def _cased(self, pattern: str) -> str:
        return f"(?i:{pattern})" if self.ignore_case else f"(?:{pattern})"


def _has_digit(_lead: str, value: str, _behind: str) -> bool:
    return any(character.isdigit() for character in value)


def _is_assigned(lead: str, value: str, behind: str) -> bool:
    """Whether it is a value that somebody chose: no name of one, no call, and after a colon no plain word."""
    if (behind and behind in _CALL) or _PLACEHOLDER.search(value):
        return False
    return "=" in lead or _has_digit(lead, value, behind)


def _is_login(_lead: str, value: str, behind: str) -> bool:
    return behind == "@" and not _PLACEHOLDER.search(value)


def _is_key_block(_lead: str, value: str, _behind: str) -> bool:
    return _RUN.search(value) is not None


_QUOTE = Part(charset="[\"'`]", most=1)
_SPACE = Part(charset=r"[ \t]", most=3)
_TOKEN_WORDS = (
    "sk-",
    "sk_live_",
    "rk_live_",
    "sk_test_",
    "gsk_",
    "xai-",
    "hf_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxa-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "AIza",
    "npm_",
    "dckr_pat_",
    "SG.",
    "pypi-",
)
_ASSIGNED_WORDS = (
    "password",
    "passwort",
    "kennwort",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secret_key",
    "secret-key",
    "client_secret",
    "client-secret",
    "secret_access_key",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "access-key",
    "access_token",
    "access-token",
    "auth_token",
    "auth-token",
    "token",
    "private_key",
)
_KEY_BLOCKS = tuple(
    f"-----BEGIN {kind}PRIVATE KEY{block}-----"
    for kind, block in [(k, "") for k in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")] + [("PGP ", " BLOCK")]
)

PATTERNS = (
    SecretPattern(
        name="private key",
        lead=(Part(words=_KEY_BLOCKS),),
        charset=r"[A-Za-z0-9+/=\s\\:,-]",
        least=40,
        is_secret=_is_key_block,
        end=re.compile(r"-----END[A-Z ]{1,40}-----"),
    ),
    SecretPattern("AWS access key", (Part(words=("AKIA", "ASIA", "ABIA", "ACCA")),), "[A-Z0-9]", 16, lambda *_: True),
    SecretPattern("API key", (Part(words=_TOKEN_WORDS),), "[A-Za-z0-9_-]", 16, _has_digit),
    SecretPattern("web token", (Part(words=("eyJ",)),), "[A-Za-z0-9_.-]", 40, _has_digit),
    SecretPattern(
        name="bearer token",
        lead=(Part(words=("bearer",)), Part(charset=r"[ \t]", least=1, most=3)),
        charset=r"[A-Za-z0-9._~+/=-]",
        least=16,
        is_secret=_has_digit,
        keeps_lead=True,
        ignore_case=True,
    ),
    SecretPattern(
        name="password",
        lead=(Part(words=_ASSIGNED_WORDS), _QUOTE, _SPACE, Part(words=("=", ":", ":=", "=>")), _SPACE, _QUOTE),
        charset=r"[^\s\"'`<>(){}\[\]$,;&|]",
        least=6,
        is_secret=_is_assigned,
        keeps_lead=True,
        ignore_case=True,
    ),
    SecretPattern(
        name="password",
        lead=(Part(words=("://",)), Part(charset=r"[^\s:/@]", least=1, most=64), Part(words=(":",))),
        charset=r"[^\s/@]",
        least=3,
        is_secret=_is_login,
        keeps_lead=True,
        anywhere=True,
    ),
)
