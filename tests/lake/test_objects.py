"""Files beside the tables, in a folder and in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lake import LakeUnreachable, ObjectFolder


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def open_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], ObjectFolder]:
    """Open the test's own place again and again, as different processes would."""
    if request.param == "folder":
        return lambda: ObjectFolder(str(tmp_path / "files"))
    options = request.getfixturevalue("s3_options")
    return lambda: ObjectFolder(f"s3://lake/files-{tmp_path.name}", options)


@pytest.fixture
def files(open_folder: Callable[[], ObjectFolder]) -> ObjectFolder:
    return open_folder()


def test_a_file_that_was_written_is_listed_and_read(files: ObjectFolder) -> None:
    assert list(files.files()) == []
    files.write("inbox/docs/a page.html", b"<p>one</p>")
    (found,) = files.files("inbox")
    assert (found.key, found.size) == ("inbox/docs/a page.html", 10)
    assert found.etag
    assert files.read(found.key) == b"<p>one</p>"
    assert b"".join(files.stream(found.key)) == b"<p>one</p>"


def test_a_folder_below_sees_only_its_own_files(files: ObjectFolder) -> None:
    files.write("inbox/docs/a.html", b"a")
    files.write("inbox/docs-old/b.html", b"b")
    assert [found.key for found in files.below("inbox/docs").files()] == ["a.html"]
    assert [found.key for found in files.files("inbox/docs")] == ["inbox/docs/a.html"]


def test_new_content_has_a_new_etag(files: ObjectFolder) -> None:
    files.write("a", b"one")
    (before,) = files.files()
    files.write("a", b"another")
    (after,) = files.files()
    assert before.etag != after.etag
    assert after.modified_at >= before.modified_at


def test_deleting_twice_is_no_error(files: ObjectFolder) -> None:
    files.write("a", b"one")
    files.delete("a")
    files.delete("a")
    with pytest.raises(FileNotFoundError):
        files.read("a")


@pytest.mark.slow
def test_wrong_credentials_are_named_not_taken_for_an_empty_folder(s3_options: dict[str, str]) -> None:
    wrong = ObjectFolder("s3://lake/files", {**s3_options, "AWS_SECRET_ACCESS_KEY": "wrong"})
    with pytest.raises(LakeUnreachable, match="credentials"):
        list(wrong.files())
