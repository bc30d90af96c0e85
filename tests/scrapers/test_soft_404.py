"""Pages that say 200 and show what the site shows for pages that do not exist."""

from __future__ import annotations

from scrapers.face import Face
from scrapers.soft_404 import false_face

PROBE = "https://h.example/docs/lorechat-probe-5e"
MENU = "Home Products Prices Support Contact Imprint "


def face(title: str, text: str) -> Face:
    return Face(title, "", text, True, frozenset())


def missing(address: str, more: str = "") -> Face:
    return face("Not here - Acme", f"{MENU} We looked everywhere for {address} and found nothing. {more}")


def test_the_same_page_for_another_address_is_told_with_its_likeness() -> None:
    pattern = false_face([(PROBE, missing(PROBE))])
    assert pattern is not None
    found = pattern.likeness(missing("/docs/anvils"), "https://h.example/docs/anvils")
    assert found == f"100% of its words and its title are those of {PROBE}, which does not exist"


def test_a_page_of_its_own_is_none_however_heavy_the_frame_around_it() -> None:
    frame = MENU * 200
    pattern = false_face([(PROBE, face("Not here - Acme", f"{frame} Nothing here."))])
    assert pattern is not None
    assert pattern.likeness(face("Anvils - Acme", f"{frame} Anvils are heavy."), "https://h.example/a1") is None
    same_title = face(
        "Not here - Acme",
        f"{frame} An anvil is a block of metal on which smiths put what they hammer, and it is heavy. ",
    )
    assert pattern.likeness(same_title, "https://h.example/a1") is None


def test_words_of_an_address_that_the_site_uses_itself_do_not_hide_the_likeness() -> None:
    """Such as `a`, which a number in hexadecimal may hold, or the crawler's own name."""
    shown = face("LoreChat", "Whatever a smith needs, LoreChat is a probe of it. " * 30)
    probes = ["https://h.example/lorechat-probe-3a7", "https://h.example/lorechat-probe-52b"]
    for addresses in (probes, probes[::-1], probes[:1]):
        pattern = false_face([(address, shown) for address in addresses])
        assert pattern is not None
        for page in ("/missing", "/smith/needs", "/a/probe"):
            assert pattern.likeness(shown, f"https://h.example{page}") is not None
        assert pattern.likeness(face("LoreChat", "All about tongs, by weight."), "https://h.example/tongs") is None


def test_two_answers_teach_how_much_may_differ() -> None:
    def answer(address: str, advert: str) -> tuple[str, Face]:
        return address, missing(address, f"{MENU * 10} You may like {advert}.")

    pattern = false_face(
        [answer(PROBE, "our new red anvil"), answer(f"{PROBE}-too", "the hammers that everybody wants to own")]
    )
    assert pattern is not None
    url, shown = answer("https://h.example/docs/tongs", "nails by the pound")
    assert pattern.likeness(shown, url) is not None


def test_answers_that_have_nothing_in_common_teach_nothing() -> None:
    assert false_face([(PROBE, face("One", "Alpha beta gamma.")), (f"{PROBE}b", face("Two", "Delta epsilon."))]) is None


def test_an_app_without_text_looks_the_same_everywhere() -> None:
    pattern = false_face([(PROBE, face("App", ""))])
    assert pattern is not None
    assert pattern.likeness(face("App", ""), "https://h.example/") is not None
