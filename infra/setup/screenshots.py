"""Takes the handbook's pictures from a running `lorechat up`: python infra/setup/screenshots.py [FOLDER].

Needs Playwright and a Chromium (`make test` installs both); the addresses are the defaults, or LORECHAT_CHAT_PORT and
LORECHAT_DAGSTER_PORT.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

from playwright.sync_api import APIRequestContext, Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

QUESTION = "How do I go back to an earlier release?"
_ASSET_PICTURES = {
    "recrawl.png": ("raw_html", "changes", "verdicts"),
    "release.png": ("vector_index", "evaluation", "difference to the live release"),
}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def take_chat(page: Page, url: str, target: Path, question: str = QUESTION) -> None:
    """Ask a question, open its first citation, take the picture."""
    page.goto(url)
    page.locator("#chat-input").fill(question)
    page.locator("#chat-submit").click()
    citation = page.locator("a.element-link").first
    expect(citation).to_be_visible(timeout=60_000)
    citation.click()
    expect(page.locator("#side-view-content")).to_be_visible()
    page.wait_for_timeout(1_500)
    page.screenshot(path=target)


def take_dark(page: Page, target: Path) -> None:
    """The open conversation, in the dark."""
    page.locator("#theme-toggle").click()
    page.get_by_role("menuitem", name="Dark").click()
    expect(page.get_by_role("menu")).to_have_count(0)
    page.wait_for_timeout(500)
    page.screenshot(path=target)


def take_conversations(page: Page, url: str, target: Path) -> None:
    """The list of conversations, one of them just shared."""
    page.goto(f"{url}/conversations")
    page.get_by_role("button", name="Share").first.click()
    expect(page.locator("#share-link")).to_be_visible()
    page.screenshot(path=target)


def take_phone(browser: Browser, url: str, target: Path, question: str = QUESTION) -> None:
    """An answer on a phone."""
    page = browser.new_page(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    page.goto(url)
    page.locator("#chat-input").fill(question)
    page.locator("#chat-submit").click()
    expect(page.locator("a.element-link").first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1_500)
    page.screenshot(path=target)
    page.close()


def take_login(page: Page, target: Path) -> None:
    """The login of a chat of its own, which needs no index."""
    settings = {"LORECHAT_LOGIN": "password", "LORECHAT_CHAT_PORT": "8099"}
    with TemporaryDirectory() as home:
        environment = os.environ | settings | {"LORECHAT_HOME": home}
        with subprocess.Popen([sys.executable, "-m", "chat_app"], env=environment) as process:
            try:
                request = page.context.request
                while not _is_up(request, "http://127.0.0.1:8099/health/live"):
                    page.wait_for_timeout(200)
                page.goto("http://127.0.0.1:8099")
                expect(page.locator("#password")).to_be_visible(timeout=60_000)
                page.wait_for_timeout(500)
                page.screenshot(path=target)
            finally:
                process.terminate()


def _is_up(request: APIRequestContext, url: str) -> bool:
    try:
        return bool(request.get(url).ok)
    except PlaywrightError:
        return False


def take_trace(page: Page, target: Path) -> None:
    """From the open citation to the page that shows where it comes from."""
    link = page.locator("#side-view-content").get_by_role("link", name="Trace")
    address = link.get_attribute("href")
    assert address is not None  # noqa: S101 - the link was found, so it leads somewhere
    page.goto(urljoin(page.url, address))
    expect(page.locator("mark").first).to_be_visible(timeout=60_000)
    page.screenshot(path=target)


def take_asset(page: Page, url: str, asset: str, rows: tuple[str, str], target: Path) -> None:
    """Show a part of what the newest materialization of an asset says of the handbook: from one row to another."""
    page.set_viewport_size({"width": 1400, "height": 2600})
    page.goto(f"{url}/assets/{asset}?view=partitions&partition=handbook")
    first, last = (page.get_by_role("row").filter(has=page.get_by_text(name, exact=True)) for name in rows)
    expect(last).to_be_visible(timeout=60_000)
    page.wait_for_timeout(2_500)
    top, bottom = first.bounding_box(), last.bounding_box()
    assert top is not None  # noqa: S101 - both rows are on the page
    assert bottom is not None  # noqa: S101  the same
    height = bottom["y"] + bottom["height"] - top["y"]
    page.screenshot(path=target, clip={"x": top["x"], "y": top["y"], "width": top["width"], "height": height})


def take_backfill(page: Page, url: str, target: Path) -> None:
    """Choose sources to materialize, and launch nothing."""
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"{url}/locations/__repository__@lorechat/asset-groups/site")
    page.get_by_role("button", name="Materialize all").click()
    page.wait_for_timeout(1_500)  # until the dialog stands still, or its list opens beside it
    page.get_by_text("Select a partition or create one").click()
    page.wait_for_timeout(1_500)
    page.screenshot(path=target)


def take_assets(page: Page, url: str, target: Path) -> None:
    """Show the graph of the assets of a site, take the picture."""
    page.goto(f"{url}/asset-groups")
    page.get_by_text("Hide navigation").click()
    page.set_viewport_size({"width": 1800, "height": 480})
    page.goto(f"{url}/locations/__repository__@lorechat/asset-groups/site/lineage")
    for name in ("raw_html", "vector_index"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(2_500)
    page.screenshot(path=target)


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    chat = f"http://localhost:{os.environ.get('LORECHAT_CHAT_PORT', '8000')}"
    dagster = f"http://localhost:{os.environ.get('LORECHAT_DAGSTER_PORT', '3000')}"
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        take_chat(page, chat, folder / "chat.png")
        take_trace(page, folder / "trace.png")
        take_conversations(page, chat, folder / "conversations.png")
        take_chat(page, chat, folder / "chat-panel.png")
        take_dark(page, folder / "chat-dark.png")
        take_phone(browser, chat, folder / "chat-phone.png")
        take_login(browser.new_page(viewport={"width": 1280, "height": 800}), folder / "login.png")
        take_asset(page, dagster, "raw_html", ("changes", "verdicts"), folder / "recrawl.png")
        take_asset(
            page, dagster, "vector_index", ("evaluation", "difference to the live release"), folder / "release.png"
        )
        take_backfill(page, dagster, folder / "backfill.png")
        take_assets(page, dagster, folder / "assets.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
