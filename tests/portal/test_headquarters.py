"""Headquarters sees every office and each promise that was missed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.words import Role
from delivery.models import Publication
from portal.pages import headquarters
from tests import make
from tests.dialogue import people
from tests.notices import closures

pytestmark = pytest.mark.django_db


def test_every_office_has_its_line(client: Any) -> None:
    now = timezone.now()
    busy, quiet = people.organisation(), people.organisation()
    dover = people.place("GBDVR", busy)
    closures.issued(dover, now=now)
    closures.pending(dover, now=now)
    people.case(about="GBDVR")
    client.force_login(people.person(Role.HEADQUARTERS, people.organisation("administration")))
    text = client.get(reverse("headquarters")).content.decode()
    assert str(busy) in text and str(quiet) in text
    line = next(line for line in headquarters.office_lines(now, []) if line.office == busy)
    assert (line.in_force, line.pending, line.questions) == (1, 1, 1)


def test_missed_promise_is_listed_and_a_kept_one_is_not(client: Any) -> None:
    now = timezone.now()
    dover = people.place("GBDVR", people.organisation())
    missed = closures.issued(dover, now=now - timedelta(hours=3), next_update_at=now - timedelta(hours=1))
    kept = closures.issued(dover, now=now, next_update_at=now + timedelta(hours=1))
    Publication.objects.update(enlisted_at=now)  # nothing is on its way any more
    assert [promise.version for promise in headquarters.late_promises(now)] == [missed]
    client.force_login(people.person(Role.LIAISON, people.organisation("administration")))
    text = client.get(reverse("headquarters")).content.decode()
    assert missed.notice.reference in text and kept.notice.reference not in text


def test_queries_do_not_grow_with_the_offices(django_assert_max_num_queries: Any) -> None:
    now = timezone.now()
    for _number in range(12):
        people.organisation()
    with django_assert_max_num_queries(8):
        headquarters.office_lines(now, headquarters.late_promises(now))


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR, Role.ASSOCIATION_MANAGER])
def test_page_is_for_headquarters_liaison_and_auditor(client: Any, role: Role) -> None:
    kind = "association" if role == Role.ASSOCIATION_MANAGER else "office"
    client.force_login(people.person(role, people.organisation(kind)))
    assert client.get(reverse("headquarters")).status_code == 403


def test_headquarters_sees_what_is_on_its_way(client: Any) -> None:
    dover = people.place("GBDVR", people.organisation())
    going = closures.issued(dover, now=timezone.now())
    waiting = closures.pending(dover, now=timezone.now() - timedelta(minutes=40))
    client.force_login(people.person(Role.HEADQUARTERS, people.organisation("administration")))
    page = client.get(reverse("headquarters")).content.decode()
    assert reverse("sending", args=[going.uid]) in page and 'value="0"' in page
    assert reverse("version_preview", args=[waiting.uid]) in page and "40 min" in page
    Publication.objects.update(enlisted_at=timezone.now())
    assert reverse("sending", args=[going.uid]) not in client.get(reverse("headquarters")).content.decode()


@pytest.mark.parametrize("role", ["headquarters", "liaison", "auditor"])
def test_every_link_of_the_page_opens_for_whoever_reads_it(role: str) -> None:
    make.alone(title="Alone")
    make.pending(title="Waiting")
    make.scheduled(title="Later")
    make.issued(title="Going out")
    client = make.sign_in(Client(), make.user(role, at=make.organisation("administration")))
    page = client.get(reverse("headquarters")).content.decode()
    main = page[page.index('aria-labelledby="way"') : page.index("</main>")]
    links = set(re.findall(r'href="(/[^"#]*)"', main))
    assert len(links) >= 3 and "Later" in main
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
