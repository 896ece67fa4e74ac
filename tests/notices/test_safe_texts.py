"""What an officer types stays text in every mail and on the public page (AUT-29)."""

from __future__ import annotations

import pytest
from django.test import Client
from lxml import html

from notices import lifecycle, render
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db

TYPED = "[details](javascript:alert(1)) <img src=x onerror=alert(1)>\n\n- **first**\n- [port](https://port.example)"


def written() -> Version:
    version = make.issued(title="<b>Closed</b> <script>alert(1)</script> to cargo")
    draft = make.draft(title="[details](javascript:alert(1))")
    draft.texts["en"] |= {"body": TYPED, "instruction": TYPED}
    author, approver = (make.user(role, at=version.notice.office) for role in ("officer", "approver"))
    second = lifecycle.revise(version.notice, by=author, now=make.now())
    lifecycle.edit(second, by=author, edit_number=1, draft=draft, now=make.now())
    second = lifecycle.submit(second, by=author, now=make.now())
    return lifecycle.approve(second, by=approver, digest=second.digest, now=make.now())


def test_mail_shows_script_links_as_text_and_lists_as_lists() -> None:
    sealed = render.mail(written(), "en", now=make.now())
    tree = html.fromstring(sealed.html)
    assert not tree.xpath("//img | //script | //@onerror")
    assert not [link for link in tree.xpath("//a/@href") if link.lower().startswith("javascript")]
    assert "[details](javascript:alert(1)) <img src=x onerror=alert(1)>" in tree.text_content()
    written_lists = [item.text_content() for item in tree.xpath("//li")][-4:]  # before them: what changed
    assert written_lists == ["first", "port"] * 2
    assert "- first\n- port (https://port.example)" in sealed.text and "**" not in sealed.text


def test_public_page_shows_script_links_as_text(client: Client) -> None:
    version = written()
    page = client.get(f"/n/{version.notice.reference}/{version.number}", follow=True)
    tree = html.fromstring(page.content)
    assert page.status_code == 200
    assert not tree.xpath("//main//img | //main//script | //@onerror")
    assert not [link for link in tree.xpath("//a/@href") if link.lower().startswith("javascript")]
    assert "[details](javascript:alert(1))" in tree.text_content()
