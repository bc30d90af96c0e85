"""Lakes in a folder and on a real S3 server: every lake test runs on both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lake import Lake


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def make_lake(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Lake]:
    """Open the test's own lake again and again, as different processes would."""
    if request.param == "folder":
        return lambda: Lake(str(tmp_path / "lake"))
    options = request.getfixturevalue("s3_options")
    return lambda: Lake(f"s3://lake/{tmp_path.name}", options)


@pytest.fixture
def lake(make_lake: Callable[[], Lake]) -> Lake:
    """The test's own lake."""
    return make_lake()
