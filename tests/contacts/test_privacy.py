"""Customs never sees an address of a list: not in pages, not in the audit, not in the log, not in a kept file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from base.models import AuditEntry
from base.words import Role
from contacts import imports, retention, subscribe
from contacts.models import ImportRun, Membership, Organisation
from delivery.models import Address

from .book import NOW, member_list, person

pytestmark = pytest.mark.django_db
FILE = b"email,company\nsecret@hidden.example,Hidden Ltd\nother@hidden.example,Other Ltd\n"
TERMS = ImportRun.Ground.MEMBERSHIP_TERMS


def kept(on):
    return imports.prepare(on, data=FILE, file_name="m.csv", by=None, now=NOW)


def test_audit_of_a_list_from_import_to_leaving_names_nobody():
    on = member_list()
    manager = person(Role.ASSOCIATION_MANAGER, on.association)
    run = imports.apply(kept(on), by=manager, now=NOW, ground=TERMS)
    one, other = Address.objects.order_by("key")
    subscribe.leave_list(one, list_id=on.pk, now=NOW)
    subscribe.leave_everything(other.pk, way="one_click", now=NOW)
    imports.take_back(run, by=manager, now=NOW)
    entries = list(AuditEntry.objects.all())
    assert {entry.action for entry in entries} == {"list.import", "list.leave", "leave", "list.import_taken_back"}
    for entry in entries:
        told = f"{entry.target} {entry.facts}".casefold()
        assert not any(word in told for word in ("@hidden", "hidden ltd", "secret", "m.csv"))


def test_file_and_rows_as_they_were_are_gone_when_they_are_no_longer_needed():
    on = member_list()
    run = imports.apply(kept(on), by=None, now=NOW, ground=TERMS)
    assert run.content is None
    later = imports.apply(
        imports.prepare(on, data=FILE.replace(b"Other", b"New"), file_name="m.csv", by=None, now=NOW),
        by=None, now=NOW, ground=TERMS,
    )  # fmt: skip
    assert len(later.before) == 1
    retention.forget(now=NOW + imports.TAKE_BACK_KEPT + timedelta(hours=1))
    assert not ImportRun.objects.exclude(content=None).exists()
    assert not ImportRun.objects.exclude(before=[]).exists()


def test_rows_as_they_were_are_gone_once_an_import_is_taken_back():
    on = member_list()
    imports.apply(kept(on), by=None, now=NOW, ground=TERMS)
    run = imports.prepare(on, data=FILE.replace(b"Other", b"New"), file_name="m.csv", by=None, now=NOW)
    assert imports.take_back(imports.apply(run, by=None, now=NOW, ground=TERMS), by=None, now=NOW).before == []


def test_foreign_list_answers_like_one_that_is_not_there(settings):
    settings.DEBUG = False
    on = member_list()
    run = kept(on)
    office = Organisation.objects.create(kind="office", code="of-x", names={"en": "Office"})
    client = Client(raise_request_exception=False)
    client.force_login(person(Role.ASSOCIATION_MANAGER, member_list().association))
    officer = Client(raise_request_exception=False)
    officer.force_login(person(Role.OFFICER, office))
    for browser in (client, officer):
        pages = [
            browser.post(reverse("import_apply", args=[uid]), {"ground": TERMS, "agreed": "on"})
            for uid in (run.uid, "00000000-0000-4000-8000-000000000000")
        ]
        assert len({(page.status_code, len(page.content)) for page in pages}) == 1
        assert b"hidden.example" not in pages[0].content
    assert not Membership.objects.exists()


def test_log_of_a_file_that_makes_the_reader_stumble_tells_no_cell(caplog):
    """Whatever the file holds, nothing of it is in the log of the service."""
    caplog.set_level("DEBUG")
    on = member_list()
    client = Client(raise_request_exception=False)
    client.force_login(person(Role.ASSOCIATION_MANAGER, on.association))
    for data in (FILE, FILE + b"broken@hidden.example\n", b"\xff\xfe" + FILE, FILE + b'"secret@hidden.example'):
        run = imports.prepare(on, data=data, file_name="m.csv", by=None, now=timezone.now())
        client.get(reverse("import", args=[run.uid]))
        client.post(reverse("import_apply", args=[run.uid]), {"ground": TERMS, "agreed": "on"})
    records = [record for record in caplog.records if not record.name.startswith(("django.db", "django.template"))]
    assert not any("hidden.example" in record.getMessage() for record in records)
