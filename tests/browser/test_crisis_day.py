"""A crisis from its first sentence to its archive: headquarters writes, and a reader looks on."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from notices.models import Crisis
from tests import make

from . import pages
from .hands import DAYS, Pointer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SITUATION = {
    "en": "The gates at Valencia are flooded. Ships still work, and one lane is open to cargo.",
    "fr": "Les accès de Valence sont inondés. Les navires travaillent, une voie est ouverte au fret.",
}


@pytest.mark.parametrize(("way", "window", "language"), DAYS)
def test_headquarters_opens_a_crisis_and_a_reader_sees_banner_page_and_archive(
    way: type[Pointer], window: dict[str, Any], language: str, new_context: Any, live_server: Any
) -> None:
    make.issued(make.row(make.place("ESVLC")), title="Flood at the gates")
    url, wrong = live_server.url, list[str]()
    chief, reader = (way(new_context(**window, reduced_motion="reduce").new_page(), language) for _each in range(2))
    for one in (chief, reader):
        one.page.on("pageerror", lambda error: wrong.append(str(error)))
    pages.sign_in(chief.page, url, make.user("headquarters", language=language))

    def opens(who: Pointer, name: str, **arguments: str) -> str:
        with translation.override(language):
            who.page.goto(url + reverse(name, kwargs=arguments))
        who.page.reload()  # the browser keeps a page for four seconds
        return who.main()

    assert reader.said("There is no crisis now.") in opens(reader, "crises")
    opens(chief, "headquarters")
    chief.press("Crisis pages")
    chief.press("Open a crisis page")
    chief.tick("#id_level_1")
    for spoken in ("en", language):
        chief.write(f"#id_title_{spoken}", "Flood")
        chief.write(f"#id_situation_{spoken}", SITUATION[spoken])
    chief.write("#id_places", "ESVLC")
    chief.press("Open the page, with a banner on every public page")
    assert chief.said("The page is open, and every public page leads to it.") in chief.main()
    reference = Crisis.objects.get().reference

    opens(reader, "home")
    reader.press("Flood")  # the banner's link, on whatever page
    seen = reader.main()
    assert SITUATION[language] in seen and "Flood at the gates" in seen and reader.said("Page opened") in seen

    chief.press("Close the page, back to normal")
    assert not Crisis.objects.get().is_open
    opens(reader, "home")
    assert not reader.page.locator(".f-banner").count()
    archive = opens(reader, "crisis", reference=reference)
    assert SITUATION[language] in archive and "Flood at the gates" in archive
    assert reader.said("This is over. The page stays as it was when it was closed.") in archive
    assert [*wrong, *chief.wide, *reader.wide] == []
