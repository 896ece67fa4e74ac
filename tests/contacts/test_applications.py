"""Associations come in by asking: a public form, a verified address, and a yes or no by headquarters."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from base import links
from base.errors import Conflict
from base.models import AuditEntry
from base.words import Role
from contacts import applications, people, retention
from contacts.models import Application, Invitation, Organisation, Seat
from delivery.models import Address, Message
from tests import make

from .book import NOW, association, person, place

pytestmark = pytest.mark.django_db
NETWORK = "192.0.2.0/24"
FORM = {
    "name": "Straits Haulage Federation",
    "country": "ES",
    "sectors": ["road_haulage", "perishables"],
    "modes": ["road"],
    "contact": "Lena Okoro",
    "email": "Lena.Okoro@haulage.example",
    "about": "900 members.",
}


def wish(**fields: Any) -> applications.Wish:
    told = {"name": "Hauliers", "country": "ES", "sectors": ("road_haulage",), "contact": "Lena", **fields}
    return applications.Wish(**{"email": "lena@haulage.example", **told})


def asked(*, now: Any = NOW, **fields: Any) -> Application:
    applications.apply(wish(**fields), ip_prefix=NETWORK, now=now)
    return Application.objects.latest("pk")


def waiting(**fields: Any) -> Application:
    return applications.verify(asked(**fields), now=NOW)


@pytest.fixture
def chief() -> Any:
    return person(Role.HEADQUARTERS, make.organisation("administration"))


def mails(word: str) -> list[Message]:
    return list(Message.objects.filter(subject__contains=word))


def test_from_form_to_manager_in_french(client: Any, chief: Any) -> None:
    port = place("ESALG", office=make.office())
    assert client.post("/fr/apply/", {**FORM, "places": [port.pk]}).url == "/fr/apply/sent/"
    (mail,) = mails("Confirmez votre candidature")
    assert "Straits" not in mail.text + mail.html and "Okoro" not in mail.text + mail.html
    link = re.search(r"https?://[^/]+(/fr/apply/confirm/\S+)", mail.text)
    assert link
    shown = client.get(link[1]).content.decode()
    assert all(said in shown for said in ("Straits Haulage Federation", "Espagne", "Transport routier", "ESALG"))
    assert Application.objects.get().state == "unverified"
    assert "La direction générale a votre candidature" in client.post(link[1]).content.decode()
    desk = make.sign_in(client, chief)
    assert "Straits Haulage Federation" in desk.get(reverse("applications")).content.decode()
    desk.post(reverse("application_accept", args=[Application.objects.get().uid]))
    made = Organisation.objects.associations().get()
    assert (made.code, made.names, made.language) == (
        "as-straits-haulage-federation", {"fr": "Straits Haulage Federation"}, "fr",
    )  # fmt: skip
    assert (made.sectors, made.modes) == (["road_haulage", "perishables"], ["road"])
    people.accept(Invitation.objects.get(), name="Lena Okoro", password="tide tables and lanterns", now=make.now())
    seat = Seat.objects.get(organisation=made)
    assert (seat.role, seat.user.email, seat.user.language) == (
        "association_manager", "lena.okoro@haulage.example", "fr",
    )  # fmt: skip


def test_nothing_enters_the_queue_before_its_address_is_verified(client: Any, chief: Any) -> None:
    application = asked()
    desk = make.sign_in(client, chief)
    assert "Hauliers" not in desk.get(reverse("applications")).content.decode()
    assert desk.get(reverse("application", args=[application.uid])).status_code == 404
    with pytest.raises(Conflict):
        applications.accept(application, by=chief, now=NOW)
    assert not Organisation.objects.associations().exists()


def test_asked_twice_it_is_one_and_the_link_comes_again_after_ten_minutes() -> None:
    first = asked(contact="Lina")
    assert asked(contact="Lena", now=NOW + timedelta(minutes=2)) == first
    assert len(mails("Confirm your application")) == 1 and Application.objects.get().contact == "Lena"
    asked(now=NOW + timedelta(minutes=12))
    assert len(mails("Confirm your application")) == 2 and Application.objects.count() == 1
    applications.verify(first, now=NOW)
    asked(contact="Somebody else", now=NOW + timedelta(hours=2))
    assert Application.objects.get().contact == "Lena" and len(mails("Confirm your application")) == 2


def test_one_mailbox_is_not_flooded_and_nobody_can_tell() -> None:
    for number in range(5):
        asked(name=f"Association {number}")
    assert Application.objects.count() == 3 and Address.objects.count() == 1


def test_one_network_is_slowed_down_with_words(client: Any) -> None:
    for number in range(10):
        asked(email=f"chair{number}@haulage.example", now=make.now())
    with pytest.raises(applications.TooMany):
        asked(email="chair@haulage.example", now=make.now())
    for number in range(11):
        page = client.post("/en/apply/", {**FORM, "email": f"chair{number}@other.example"})
    assert page.status_code == 429 and "Wait an hour" in page.content.decode()


def test_filled_trap_is_an_error_that_the_person_can_act_on_and_headquarters_reads(client: Any, chief: Any) -> None:
    page = client.post("/en/apply/", {**FORM, "website": "https://x.example"})
    text = page.content.decode()
    assert page.status_code == 422 and "must stay empty" in text and not Application.objects.exists()
    assert 'value="road_haulage" id="id_sectors_0" checked' in " ".join(text.split())
    assert client.post("/en/apply/", {**FORM, "marked": "on"}).status_code == 302
    applications.verify(Application.objects.get(), now=NOW)
    desk = make.sign_in(client, chief)
    shown = desk.get(reverse("application", args=[Application.objects.get().uid])).content.decode()
    assert "perhaps a machine wrote this" in shown


@pytest.mark.parametrize("missing", ["name", "country", "sectors", "contact", "email"])
def test_what_is_missing_is_asked_for(client: Any, missing: str) -> None:
    page = client.post("/en/apply/", {**FORM, missing: ""})
    assert page.status_code == 422 and "One answer needs another look" in page.content.decode()
    assert not Application.objects.exists()


def test_link_is_good_for_one_thing_and_a_gateway_that_follows_it_confirms_nothing(client: Any) -> None:
    application = asked()
    for bad in ("forged", links.sign("case.verify", application.uid.hex)):
        assert client.get(reverse("apply_confirm", args=[bad])).status_code == 404
    good = reverse("apply_confirm", args=[links.sign(applications.VERIFY, application.uid.hex)])
    client.get(good)
    assert Application.objects.get().state == "unverified"
    for _press in range(2):
        client.post(good)
    assert Application.objects.get().state == "open"
    assert AuditEntry.objects.filter(action="application.verify").count() == 1


def test_declined_with_a_reason_that_is_mailed(client: Any, chief: Any) -> None:
    application, desk = waiting(language="es"), make.sign_in(client, chief)
    target = reverse("application_decline", args=[application.uid])
    page = desk.post(target, {"reason": " "})
    assert page.status_code == 422 and "Say why" in page.content.decode()
    desk.post(target, {"reason": "No tiene miembros <todavía>."})
    application.refresh_from_db()
    assert (application.state, application.reason) == ("declined", "No tiene miembros <todavía>.")
    (mail,) = mails("Su solicitud a")
    assert "No tiene miembros <todavía>." in mail.text and "&lt;todavía&gt;" in mail.html
    assert not Organisation.objects.associations().exists() and not Invitation.objects.exists()


def test_two_who_decide_at_once_make_one_association(chief: Any) -> None:
    application = waiting()
    applications.accept(application, by=chief, now=NOW)
    for again in (
        lambda: applications.accept(application, by=chief, now=NOW),
        lambda: applications.decline(application, by=chief, reason="No.", now=NOW),
    ):
        with pytest.raises(Conflict):
            again()
    assert Organisation.objects.associations().count() == 1 and Invitation.objects.count() == 1


def test_accept_makes_all_or_nothing(chief: Any) -> None:
    """The administrator's own address cannot be invited by the administrator: then no association is left behind."""
    application = waiting(email=chief.email)
    with pytest.raises(people.OwnSeat):
        applications.accept(application, by=chief, now=NOW)
    application.refresh_from_db()
    assert application.state == "open" and not Organisation.objects.associations().exists()


@pytest.mark.parametrize("role", [Role.LIAISON, Role.AUDITOR, Role.OFFICER, Role.ASSOCIATION_MANAGER])
def test_only_headquarters_and_the_administrator_decide(role: Role) -> None:
    application, somebody = waiting(), person(role, make.organisation("administration"))
    with pytest.raises(PermissionDenied):
        applications.accept(application, by=somebody, now=NOW)
    with pytest.raises(PermissionDenied):
        applications.decline(application, by=somebody, reason="No.", now=NOW)


def test_same_name_gets_another_code_and_is_pointed_out(chief: Any) -> None:
    there = association("as-hauliers")
    Organisation.objects.filter(pk=there.pk).update(names={"fr": "Hâuliers"})
    application = waiting()
    assert applications.namesakes(application) == [there]
    assert applications.accept(application, by=chief, now=NOW).code == "as-hauliers-2"
    assert applications.accept(waiting(name="協会"), by=chief, now=NOW).code == "as-association"


def test_audit_of_an_application_names_nobody(chief: Any) -> None:
    applications.accept(waiting(), by=chief, now=NOW)
    entries = AuditEntry.objects.filter(action__startswith="application.")
    assert [one.action for one in entries] == ["application.ask", "application.verify", "application.accept"]
    assert not any("lena" in f"{one.target} {one.facts}".lower() for one in entries)


def test_application_that_nobody_confirmed_is_forgotten_after_a_week() -> None:
    asked()
    kept = waiting(name="Others")
    retention.forget(now=NOW + timedelta(days=8))
    assert list(Application.objects.all()) == [kept]
