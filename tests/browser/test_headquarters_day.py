"""The day of headquarters and of the administrator: what is late or on its way, who comes in, and keys by two."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import translation

from contacts import applications
from contacts.models import Application, Invitation, Organisation, TwoPersonChange, User
from notices.models import LoneIssue, Version
from tests import make
from tests.notices import closures

from . import pages
from .hands import DAYS, Pointer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class House:
    """Headquarters and the administrator, each in a browser of their own."""

    def __init__(self, way: type[Pointer], new_context: Any, window: dict[str, Any], language: str, url: str) -> None:
        self.url, self.language, self.wrong = url, language, list[str]()
        at = make.organisation("administration", code="house")
        self.people: dict[str, User] = {}
        self.chief, self.administrator = (
            self.at_work(way, new_context(**window, reduced_motion="reduce").new_page(), role, at)
            for role in ("headquarters", "administrator")
        )

    def at_work(self, way: type[Pointer], page: Any, role: str, at: Organisation) -> Pointer:
        person = self.people[role] = make.user(role, at=at, language=self.language, name=role.title())
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        pages.sign_in(page, self.url, person)
        return way(page, self.language)

    def open(self, who: Pointer, name: str) -> str:
        with translation.override(self.language):
            who.page.goto(self.url + reverse(name))
        return who.main()


def applies() -> Application:
    wish = applications.Wish(
        name="Ferry Drivers", country="ES", sectors=("road_haulage",), contact="Ana Ruiz", email="ana@ferry.example"
    )
    applications.apply(wish, ip_prefix="192.0.2", now=make.now())
    return applications.verify(Application.objects.get(), now=make.now())


def watches(house: House) -> None:
    """Every office, what is late, what is on its way; one was issued alone and is reviewed."""
    alone = make.alone(title="Gale at night")
    earlier, missed = make.in_hours(-3), make.in_hours(-1)
    late = closures.issued(make.place(), now=earlier, next_update_at=missed)
    waiting = make.pending(title="Fog")
    Version.objects.filter(pk=waiting.pk).update(submitted_at=make.now() - timedelta(minutes=40))
    page = house.open(house.chief, "headquarters")
    assert late.notice.reference in page and "Gale at night" in page and "Fog" in page and "40 min" in page
    house.chief.press("Gale at night")
    house.chief.tick("#id_finding_0")
    house.chief.press("Keep my review")
    assert LoneIssue.objects.get(version=alone).reviewed_by == house.people["headquarters"]


def lets_an_association_in(house: House) -> None:
    """Headquarters accepts who applied, and its manager is invited."""
    wanted = applies()
    house.open(house.chief, "headquarters")
    house.chief.press(house.chief.said_of("%(n)s association asks to take part", 1))
    house.chief.press(wanted.name)
    house.chief.press(house.chief.said("Accept and invite %(contact)s") % {"contact": wanted.contact})
    assert Organisation.objects.get(names__en="Ferry Drivers").sectors == ["road_haulage"]
    assert Invitation.objects.get(email="ana@ferry.example").role == "association_manager"


def gives_an_approver_by_two(house: House) -> None:
    """The administrator asks, headquarters confirms; the invitation goes out then."""
    administrator, chief = house.administrator, house.chief
    house.open(administrator, "people")
    administrator.press("Invite somebody")
    administrator.write("#id_email", "night@wgcs.example")
    administrator.write("#id_name", "Night Desk")
    administrator.choose("#id_organisation", str(make.office().pk))
    administrator.choose("#id_role", "approver")
    administrator.press("Send the invitation")
    assert administrator.said("Somebody else confirms it.") in administrator.main()
    house.open(chief, "people")
    with translation.override(house.language):
        chief.press_labelled("Confirm: %(what)s", what=str(TwoPersonChange.objects.get()))
    assert Invitation.objects.get(email="night@wgcs.example").role == "approver"


def resets_a_lost_factor(house: House) -> None:
    """A lost telephone: asked for by one, confirmed by another, and the person sets up a new one."""
    officer = make.user("officer", name="Olga Lost")
    make.sign_in(Client(), officer)
    administrator = house.administrator
    house.open(administrator, "people")
    administrator.open(f"{administrator.said('Change the account')}: Olga Lost")
    administrator.press(f"{administrator.said('Reset the second factor')}: Olga Lost")
    house.open(house.chief, "people")
    with translation.override(house.language):
        change = TwoPersonChange.objects.get(kind="factor")
        house.chief.press_labelled("Confirm: %(what)s", what=str(change))
    assert not Authenticator.objects.filter(user=officer).exists()


@pytest.mark.parametrize(("way", "window", "language"), DAYS)
def test_headquarters_and_administrator_get_through_a_day(
    way: type[Pointer], window: dict[str, Any], language: str, new_context: Any, live_server: Any
) -> None:
    make.place("ESALG")
    house = House(way, new_context, window, language, live_server.url)
    watches(house)
    lets_an_association_in(house)
    gives_an_approver_by_two(house)
    resets_a_lost_factor(house)
    assert [*house.wrong, *house.chief.wide, *house.administrator.wide] == []
