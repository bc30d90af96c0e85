"""The picture of a source's pages is drawn to scale, whatever the counts, and says in words what it shows."""

from __future__ import annotations

import re
from base64 import b64decode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.flow_picture import flow_image, flow_svg
from lake.flow_count import FlowCounts

SITE = FlowCounts(
    "guide",
    fetched=120,
    unchanged=820,
    kept=14,
    aliases=60,
    refused=85,
    gone=12,
    unreachable=4,
    outside=8123,
    cleaned=940,
    quarantined=9,
    uncleaned=5,
    cut=930,
    uncut=10,
    live=915,
    unpublished=15,
    stale=3,
)
NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}


def _bars(svg: str) -> list[float]:
    """The heights of the bars, without the ground."""
    root = ElementTree.fromstring(svg)
    return [float(bar.attrib["height"]) for bar in root.findall("svg:rect", NAMESPACE)[1:]]


def test_bars_are_as_high_as_their_pages() -> None:
    heights = _bars(flow_svg(SITE))
    seen, fetched, unchanged = heights[0], heights[1], heights[2]
    assert fetched / seen == pytest.approx(120 / SITE.seen, rel=0.01)
    assert unchanged / seen == pytest.approx(820 / SITE.seen, rel=0.01)


def test_every_state_is_named_with_its_count() -> None:
    svg = flow_svg(SITE)
    texts = " ".join(re.findall(r">([^<]+)<", svg))
    for said in ("1,115", "954", "quarantined", "unpublished", "8,123 more URLs", "3 pages in the live release"):
        assert said in texts
    assert 'aria-label="Pages of guide: 1,115 URLs in scope, 120 fetched' in svg


def test_the_picture_fits_into_dagsters_markdown() -> None:
    image = flow_image(SITE)
    assert image.startswith("![pages of guide by state](data:image/svg+xml;base64,")
    assert b64decode(image.split("base64,")[1][:-1]).decode() == flow_svg(SITE)


def test_a_source_without_a_crawl_says_so() -> None:
    assert "No crawl has seen a URL in scope yet" in flow_svg(FlowCounts("new"))


COUNT = st.integers(0, 200_000)


@given(present=st.tuples(COUNT, COUNT, COUNT), absent=st.tuples(COUNT, COUNT, COUNT, COUNT), shares=st.tuples(
    *[st.floats(0, 1)] * 4), name=st.sampled_from(["guide", 'a<b"&c']))  # fmt: skip
def test_any_counts_make_a_whole_picture(
    present: tuple[int, int, int], absent: tuple[int, int, int, int], shares: tuple[float, ...], name: str
) -> None:
    pages = sum(present)
    cleaned = int(pages * shares[0])
    quarantined = int((pages - cleaned) * shares[1])
    cut = int(cleaned * shares[2])
    live = int(cut * shares[3])
    counts = FlowCounts(
        name, *present, *absent, cleaned=cleaned, quarantined=quarantined, uncleaned=pages - cleaned - quarantined,
        cut=cut, uncut=cleaned - cut, live=live, unpublished=cut - live,
    )  # fmt: skip
    root = ElementTree.fromstring(flow_svg(counts))
    bottom = float(root.attrib["height"])
    for bar in root.findall("svg:rect", NAMESPACE)[1:]:
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= bottom
    texts = [float(text.attrib["y"]) for text in root.findall("svg:text", NAMESPACE)]
    assert max(texts) <= bottom
