"""Crawls of sites that say 200 for what is no page: nothing is stored of it, and nothing is lost by it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow

LOST = "<p>We are afraid that there is nothing under this address; perhaps our catalogue has what you need.</p>"


def wall(title: str = "Just a moment...") -> str:
    return (
        f'<html><head><title>{title}</title><meta name="robots" content="noindex,nofollow"></head><body>'
        "<h1>h.example</h1>"
        '<p id="challenge-error-text">Enable JavaScript and cookies to continue</p></body></html>'
    )


def lost(web: Any) -> Any:
    """A server that answers 200 for everything."""
    return lambda site, path: web.html("/", title="Lost", text=f"{LOST}<p>You asked for {path}</p>")


class AnswersAll(dict):  # type: ignore[type-arg]  # of anything
    """Pages by path, and one that is shown for every other path."""

    def __init__(self, pages: dict[str, Any], otherwise: Any) -> None:
        super().__init__(pages)
        self._otherwise = otherwise

    def get(self, path: str, default: Any = None) -> Any:
        if path == "/robots.txt":
            return default
        return super().get(path, self._otherwise)


def answer_all(site: Any, otherwise: Any) -> None:
    site.pages = AnswersAll(site.pages, otherwise)


@pytest.fixture
def shop(web: Any) -> Any:
    texts = {name: f"<p>All about {name}: what they weigh and what they cost.</p>" for name in ("anvils", "tongs")}
    pages = {f"/{name}": web.html("/", title=name, text=text) for name, text in texts.items()}
    return web.serve({"/": web.html("/anvils", "/tongs", "/missing", title="Shop"), **pages})


def test_a_missing_page_that_says_200_is_known_by_what_the_site_shows_for_no_page(web: Any, shop: Any) -> None:
    answer_all(shop, lost(web))
    outcome = web.crawl(shop, web.lake(), web.source(shop))
    assert outcome.paths("fetched") == {"/", "/anvils", "/tongs"}
    assert outcome.verdict("/missing") == "soft_404"
    assert "lorechat-probe-" in outcome.reason("/missing")
    assert not any("lorechat-probe" in path for path in outcome.rows)
    assert sum(times for path, times in shop.asked.items() if "lorechat-probe" in path) == 2


def test_a_site_that_says_404_as_it_should_is_probed_once(web: Any, shop: Any) -> None:
    outcome = web.crawl(shop, web.lake(), web.source(shop))
    assert outcome.verdict("/missing") == "gone"
    assert sum(times for path, times in shop.asked.items() if "lorechat-probe" in path) == 1


def test_robots_rules_hold_for_the_probe_too(web: Any, shop: Any) -> None:
    shop.pages["/robots.txt"] = "User-agent: *\nDisallow: /lorechat\n"
    assert web.crawl(shop, web.lake(), web.source(shop)).verdict("/anvils") == "fetched"
    assert not any("lorechat-probe" in path for path in shop.asked)


def test_pages_that_turn_into_soft_404s_go_and_come_back(web: Any, shop: Any) -> None:
    lake, source = web.lake(), web.source(shop)
    web.crawl(shop, lake, source)
    kept = shop.pages.pop("/tongs")
    answer_all(shop, lost(web))
    assert web.crawl(shop, lake, source).verdict("/tongs") == "soft_404"
    assert _current(web, lake, shop) == {"/", "/anvils"}
    shop.pages["/tongs"] = kept
    web.crawl(shop, lake, source)
    assert _current(web, lake, shop) == {"/", "/anvils", "/tongs"}


def test_a_captcha_day_takes_nothing_away_and_says_why(web: Any, shop: Any) -> None:
    lake, source = web.lake(), web.source(shop)
    web.crawl(shop, lake, source)
    shop.pages = AnswersAll({}, wall())
    message, outcome = web.crawl_in_vain(shop, lake, source)
    assert "is a Cloudflare challenge" in message
    assert "known from before keep answering" in message
    assert outcome.paths("challenge") == {"/", "/anvils", "/tongs"}
    assert _current(web, lake, shop) == {"/", "/anvils", "/tongs"}


def test_a_wall_of_a_kind_that_nobody_knows_takes_nothing_away(web: Any, shop: Any) -> None:
    lake, source = web.lake(), web.source(shop)
    web.crawl(shop, lake, source)
    shop.pages = AnswersAll({}, "<html><title>Acme</title><body><p>Our turnstiles are closed to you.</p></body></html>")
    message, outcome = web.crawl_in_vain(shop, lake, source)
    assert "which does not exist" in message
    assert outcome.paths("challenge") == {"/", "/anvils", "/tongs"}
    assert _current(web, lake, shop) == {"/", "/anvils", "/tongs"}


def test_an_app_shell_for_every_path_ends_with_a_clear_message(web: Any) -> None:
    shell = (
        '<!doctype html><html><head><title>App</title></head><body><div id="root"></div><a href="/b"></a></body></html>'
    )
    site = web.serve({})
    site.pages = AnswersAll({}, shell)
    message, outcome = web.crawl_in_vain(site, web.lake(), web.source(site))
    assert "an app that needs a browser" in message
    assert "inbox: true" in message
    assert outcome.verdict("/") == "challenge"


def test_a_home_page_that_is_shown_for_every_address_is_kept(web: Any, shop: Any) -> None:
    home = web.html(
        "/anvils", "/tongs", "/missing", title="Shop", text="<p>Whatever a smith needs, we have it. </p>" * 30
    )
    shop.pages["/"] = home
    answer_all(shop, home.replace("<h1>", "<h1> "))
    outcome = web.crawl(shop, web.lake(), web.source(shop))
    assert outcome.paths("fetched") == {"/", "/anvils", "/tongs"}
    assert outcome.verdict("/missing") == "soft_404"


def _current(web: Any, lake: Any, site: Any) -> set[str]:
    from lake import current_pages

    return {url.removeprefix(site.url) for url in current_pages(lake, "test-site").collect()["url"]}
