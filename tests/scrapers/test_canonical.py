"""Golden and property tests of canonical URLs."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.source import UrlRules
from scrapers.canonical import canonical_url

GOLDEN = [
    # fragments, empty paths, case
    ("https://example.com/a#b", "https://example.com/a"),
    ("https://example.com", "https://example.com/"),
    ("HTTPS://Example.COM/Path", "https://example.com/Path"),
    # ports
    ("http://example.com:80/", "http://example.com/"),
    ("https://example.com:443/", "https://example.com/"),
    ("https://example.com:80/", "https://example.com:80/"),
    ("http://example.com:/", "http://example.com/"),
    # dot segments, plain and encoded; backslashes; stray white space
    ("http://example.com/a/./b/../c", "http://example.com/a/c"),
    ("http://example.com/../a", "http://example.com/a"),
    ("http://example.com/a/%2e%2E/b", "http://example.com/b"),
    ("http://example.com/a/..", "http://example.com/"),
    ("http:\\\\example.com\\a", "http://example.com/a"),
    ("  http://example.com/a\n/b\t", "http://example.com/a/b"),
    # percent-encoding
    ("http://example.com/%7Euser", "http://example.com/~user"),
    ("http://example.com/a%c3%a9", "http://example.com/a%C3%A9"),
    ("http://example.com/é x", "http://example.com/%C3%A9%20x"),
    ("http://example.com/100%", "http://example.com/100%25"),
    ("http://example.com/a%2Fb", "http://example.com/a%2Fb"),
    # tracking parameters and sessions go, the rest is sorted by name
    ("http://example.com/?utm_source=x&b=2&a=1&gclid=y", "http://example.com/?a=1&b=2"),
    ("http://example.com/?fbclid=1", "http://example.com/"),
    ("http://example.com/?", "http://example.com/"),
    ("http://example.com/?q=1&q=0", "http://example.com/?q=1&q=0"),
    ("http://example.com/?PHPSESSID=abc&id=3", "http://example.com/?id=3"),
    ("http://example.com/?sid=42", "http://example.com/?sid=42"),
    ("http://example.com/?sid=0123456789abcdef01", "http://example.com/"),
    ("http://example.com/a;jsessionid=1A2B?x=1", "http://example.com/a?x=1"),
    ("http://example.com/(S(abcdefghij0123456789klmn))/a", "http://example.com/a"),
    # hosts: IDN, trailing dot, credentials, addresses in odd notations
    ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    ("http://BÜCHER.example./", "http://xn--bcher-kva.example/"),
    ("http://user:secret@example.com/", "http://example.com/"),
    ("http://127.1/", "http://127.0.0.1/"),
    ("http://2130706433/", "http://127.0.0.1/"),
    ("http://0x7f.0.0.1:8080/", "http://127.0.0.1:8080/"),
    ("http://[0:0::1]/", "http://[::1]/"),
    # not for us
    ("mailto:a@example.com", None),
    ("javascript:void(0)", None),
    ("data:text/html,x", None),
    ("ftp://example.com/", None),
    ("http://", None),
    ("http://example.com:99999/", None),
    ("http://exa mple.com/", None),
    ("http://[::1/", None),
    ("/relative", None),
    ("", None),
]


@pytest.mark.parametrize(("url", "canonical"), GOLDEN)
def test_a_url_has_one_spelling(url: str, canonical: str | None) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("d.html#x", "http://h.example/a/d.html"),
        ("../d", "http://h.example/d"),
        ("/d", "http://h.example/d"),
        ("//o.example/d", "http://o.example/d"),
        ("?n=2", "http://h.example/a/b.html?n=2"),
        ("", "http://h.example/a/b.html?q=/1"),
        ("./", "http://h.example/a/"),
        ("mailto:x", None),
        ("a:b", None),
        ("./a:b", "http://h.example/a/a:b"),
    ],
)
def test_a_link_is_relative_to_its_page(link: str, canonical: str | None) -> None:
    assert canonical_url(link, base="http://h.example/a/b.html?q=/1#top") == canonical


@pytest.mark.parametrize(
    ("policy", "url", "canonical"),
    [
        ("strip", "http://h.example/a/", "http://h.example/a"),
        ("strip", "http://h.example/", "http://h.example/"),
        ("add", "http://h.example/a", "http://h.example/a/"),
        ("add", "http://h.example/a.html", "http://h.example/a.html"),
        ("keep", "http://h.example/a/", "http://h.example/a/"),
    ],
)
def test_a_source_chooses_its_trailing_slash(policy: str, url: str, canonical: str) -> None:
    assert canonical_url(url, rules=UrlRules.model_validate({"trailing_slash": policy})) == canonical


def test_a_source_drops_parameters_of_its_own() -> None:
    assert (
        canonical_url("http://h.example/?View=1&x=2", rules=UrlRules(drop_parameters=("view",)))
        == "http://h.example/?x=2"
    )


_RULES = st.builds(
    UrlRules, trailing_slash=st.sampled_from(["keep", "strip", "add"]), drop_parameters=st.just(("view",))
)
_URLS = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}://{}/{}?{}#{}".format,
        st.sampled_from(["http", "HTTPS", "ftp", ""]),
        st.sampled_from(
            ["h.example", "Ü.example", "127.1", "[::1]", "h.example:80", "u:p@h.example", "h..example", "%41"]
        ),
        st.text(alphabet="ab/.%2eE;=\\ é()S", max_size=30),
        st.text(alphabet="ab=&%;utm_sid1 é+", max_size=30),
        st.text(max_size=5),
    ),
)


@given(_URLS, _RULES)
def test_a_canonical_url_is_its_own_canonical_form(url: str, rules: UrlRules) -> None:
    canonical = canonical_url(url, rules=rules)
    if canonical is not None:
        assert canonical_url(canonical, rules=rules) == canonical


@given(_URLS)
def test_a_canonical_url_can_be_asked_for(url: str) -> None:
    canonical = canonical_url(url)
    if canonical is not None:
        parts = urlsplit(canonical)
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert parts.path.startswith("/")
        assert canonical.isascii()
        assert "#" not in canonical
        assert " " not in canonical


@given(st.text(max_size=40), st.sampled_from(["http://h.example/", "https://h.example/a/b?c=d"]))
def test_any_link_on_a_page_resolves_or_is_left_out(link: str, base: str) -> None:
    canonical = canonical_url(link, base=base)
    assert canonical is None or canonical_url(canonical) == canonical
