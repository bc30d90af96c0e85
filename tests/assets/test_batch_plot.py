"""The picture of a stage's batch sizes."""

from __future__ import annotations

from base64 import b64decode
from xml.etree import ElementTree

import pytest

from assets.batch_plot import batch_image, batch_svg
from retrieval.tuning import BatchPoint

POINTS = (BatchPoint(512, 70.0, "kept"), BatchPoint(640, 0.0, "throttled"), BatchPoint(320, 60.0, "kept"))


def test_each_batch_is_a_dot_that_says_what_it_did() -> None:
    picture = ElementTree.fromstring(batch_svg(POINTS, "padded tokens"))
    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [
        "512 padded tokens: 70 per second, kept",
        "640 padded tokens: 0 per second, throttled",
        "320 padded tokens: 60 per second, kept",
    ]


@pytest.mark.parametrize("points", [POINTS[:1], POINTS[1:2], POINTS * 400])
def test_any_curve_makes_a_picture_of_bounded_size(points: tuple[BatchPoint, ...]) -> None:
    link = batch_image(points, "rows < 9 & more")
    picture = b64decode(link.partition("base64,")[2].rstrip(")"))
    ElementTree.fromstring(picture)
    assert len(link) < 100_000
