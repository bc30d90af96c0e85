"""Pages that say 200 and are none: told by two pieces of evidence, and never a page that is about them."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from scrapers.challenge import challenge_reason
from scrapers.face import read_face


def reason(html: str) -> str | None:
    return challenge_reason(read_face(LexborHTMLParser(html), html.encode()))


def page(title: str, body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


WALLS = {
    "a Cloudflare challenge": page(
        "Just a moment...",
        '<div class="main-content"><h1>docs.example.com</h1><p id="challenge-error-text">Enable JavaScript and cookies '
        "to continue</p></div><script>window._cf_chl_opt={cType:'managed'};</script>"
        '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>',
        '<meta name="robots" content="noindex,nofollow"><meta http-equiv="refresh" content="360">',
    ),
    "Checking if": page(
        "Just a moment...",
        "<h1>Checking if the site connection is secure</h1><p>example.com needs to review the "
        "security of your connection before proceeding.</p><p>Ray ID: 7a8b9c0d</p>",
    ),
    "an Imperva wall": page(
        "",
        '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=9">Request unsuccessful. Incapsula '
        "incident ID: 873000160143</iframe>",
    ),
    "a DataDome captcha": page(
        "example.com",
        "<p>Please enable JS and disable any ad blocker</p>"
        '<script src="https://ct.captcha-delivery.com/c.js"></script>',
    ),
    "a HUMAN captcha": page(
        "Access to this page has been denied",
        '<div id="px-captcha"></div><h1>Press &amp; Hold to confirm you are a human (and not a bot).</h1>',
    ),
    "an Anubis challenge": page(
        "Making sure you're not a bot!",
        '<h1 id="title">Making sure you\'re not a bot!</h1><p>Loading...</p>'
        '<script id="anubis_challenge" type="application/json">{}</script>',
    ),
    "a captcha": page(
        "Search",
        "<p>Our systems have detected unusual traffic from your computer network. Please confirm that you are "
        'not a robot.</p><form action="index"><div class="g-recaptcha"></div></form>',
    ),
    "asks whether a person": page(
        "Pardon Our Interruption",
        "<h1>Pardon Our Interruption...</h1><p>As you were browsing something about your "
        "browser made us think you were a bot. You can prove that you are human by completing the step below.</p>",
    ),
    "a login": page(
        "Sign in · Acme Wiki",
        '<form><h1>Sign in to Acme Wiki</h1><label>User <input name="u"></label><label>Password '
        '<input type="password"></label><a href="/forgot">Forgot your password?</a></form>',
    ),
    "is in maintenance": page(
        "Down for maintenance | Acme",
        "<h1>We'll be back soon!</h1><p>Sorry for the inconvenience. We are performing "
        "some maintenance at the moment. Please check back later.</p>",
    ),
    "reports an error": page(
        "502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center><hr><center>nginx/1.18.0</center>"
    ),
    "database connection": page(
        "Database Error",
        "<h1>Error establishing a database connection</h1><p>Please contact the site administrator.</p>",
    ),
    "client-side exception": page(
        "",
        "<h2>Application error: a client-side exception has occurred (see the browser console).</h2>"
        "<h1>Application error: a client-side exception has occurred</h1>",
    ),
    "Access Denied": page(
        "Access Denied",
        '<h1>Access Denied</h1>You don\'t have permission to access "http://example.com/" on this '
        "server.<p>Reference #18.6d4d1cb8.1610</p>",
    ),
    "does not exist": page(
        "Page not found - Acme",
        "<nav><a href=/>Home</a></nav><h1>Page not found</h1><p>We are sorry, the page you are "
        "looking for may have been moved. Go back home.</p>",
    ),
    "nothing else": page("Not Found", "<h1>Not Found</h1>"),
    "without JavaScript": page(
        "Acme Docs", '<noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div>'
    ),
}

FILLER = "The library keeps a table of all sessions and renews each of them every hour. " * 12

PAGES = {
    "about captchas": page(
        "How captchas work", "<h1>How captchas work</h1><p>A captcha asks visitors to prove that they are human before "
        "a form is sent. Sites such as Just a moment... by Cloudflare show one to robots.</p>"
    ),
    "a stub about captchas": page(
        "CAPTCHA", "<h1>CAPTCHA</h1><p>A test that lets a site verify you are human. To avoid it, use the API.</p>"
    ),
    "a manual of a captcha library": page(
        "Getting started - reCAPTCHA", "<h1>Getting started</h1><p>Put this frame into your form to verify that the "
        'user is a human:</p><pre>&lt;div class="g-recaptcha"&gt;</pre><div class="g-recaptcha"></div>' + FILLER
    ),
    "an article on 404": page(
        "404 Not Found - HTTP", "<h1>404 Not Found</h1><p>The 404 status code means that the server cannot find the "
        "page. Search your logs to fix broken links.</p>"
    ),
    "a chapter on bad gateways": page(
        "502 Bad Gateway", "<h1>502 Bad Gateway</h1><p>nginx reports this error when the upstream is not "
        "there.</p>" + FILLER
    ),
    "an explained error": page(
        "Service Unavailable", "<h1>Service Unavailable</h1><p>This error indicates that the server is busy; try again "
        "later.</p>"
    ),
    "maintenance mode of a product": page(
        "Maintenance mode", "<h1>Maintenance mode</h1><p>Switch it on with <code>app maintenance on</code>. Visitors "
        "see a page of your choice, and staff go on working.</p>"
    ),
    "maintenance of a bicycle": page(
        "Maintenance", "<h1>Maintenance</h1><p>Oil the chain twice a year and keep the tyres hard.</p>"
    ),
    "how to sign in": page(
        "Sign in", "<h1>Sign in</h1><p>Open the app, choose your account and write your password.</p>" + FILLER
    ),
    "a page with a login box in its header": page(
        "Acme products", '<header><form><input type="password"></form></header><h1>Products</h1><p>Anvils.</p>'
    ),
    "a page with Cloudflare's beacon": page(
        "Anvils", "<h1>Anvils</h1><p>An anvil is heavy.</p>"
        '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'
    ),
    "a contact form with a captcha": page(
        "Contact", '<h1>Contact</h1><p>Write to us.</p><form><input name="captcha"><textarea></textarea></form>'
    ),
    "requirements": page("Requirements", "<h1>Requirements</h1><p>The editor requires JavaScript.</p>"),
    "a page with hardly a word": page("Index", "<h1>Index</h1><a href='/a'>a</a>"),
    "an empty page": page("", ""),
    "a generated page with a hint for old browsers": page(
        "Uses of Class Anvil", "<noscript>JavaScript is disabled on your browser.</noscript><h2>Uses of class Anvil"
        '</h2><p>No usage of <a href="anvil.html">Anvil</a></p>'
    ),
    "an introduction": page("Access control", "<h1>Access denied</h1><p>Access is denied to guests.</p>"),
}  # fmt: skip


@pytest.mark.parametrize("evidence", WALLS)
def test_a_wall_is_told_with_its_evidence(evidence: str) -> None:
    found = reason(WALLS[evidence])
    assert found is not None
    assert evidence in found or evidence in WALLS[evidence]


@pytest.mark.parametrize("subject", PAGES)
def test_a_page_about_such_things_is_a_page(subject: str) -> None:
    assert reason(PAGES[subject]) is None


def test_walls_in_the_languages_of_their_makers() -> None:
    assert reason(page("Seite nicht gefunden", "<h1>Seite nicht gefunden</h1>"))
    assert reason(page("Anmelden - Firma", '<h1>Anmelden</h1><input type="password">'))
