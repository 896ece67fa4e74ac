"""Author, approver and the duty mailbox get what everybody got, marked as a copy, with the number of people."""

from __future__ import annotations

import pytest

from contacts import expansion
from contacts.models import Organisation
from delivery.models import Delivery, Message
from notices import copies
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db


def sent() -> Version:
    office = make.office()
    Organisation.objects.filter(pk=office.pk).update(email="duty@wgcs.example", language="fr")
    make.member_list(None, *(f"reader{number}@member.invalid" for number in range(12)))
    version = make.issued(approver=make.user("approver"), title="Storm")
    expansion.expand(version.publication_id, now=make.now())
    return version


def test_author_approver_and_duty_mailbox_get_a_copy_that_says_to_how_many_it_went() -> None:
    version = sent()
    assert copies.sweep(now=make.now()) == 1
    found = Delivery.objects.filter(publication__key__startswith="copy:")
    assert set(found.values_list("address__key", flat=True)) == {
        version.author.email, version.decided_by.email, "duty@wgcs.example",
    }  # fmt: skip
    copy = found.get(address__key=version.author.email).message
    assert copy.subject.startswith(f"[{version.notice.reference}] Copy: Storm")
    assert f"approved by {version.decided_by}" in copy.text and "at least 10 people" in copy.text
    original = Message.objects.get(publication=version.publication_id, language="en")
    assert copy.text.split("people.")[1].split() == original.text.split("\n", 1)[1].split()


def test_the_duty_mailbox_reads_it_in_the_language_of_the_office() -> None:
    sent()
    copies.sweep(now=make.now())
    assert Message.objects.get(publication__key__endswith="duty@wgcs.example").subject.count("Copie")


def test_the_copy_goes_once_and_never_late() -> None:
    sent()
    assert copies.sweep(now=make.in_hours(2)) == 0
    assert [copies.sweep(now=make.now()) for _ring in range(3)] == [1, 0, 0]


def test_no_copy_goes_before_everybody_is_on_the_list() -> None:
    make.issued()
    assert copies.sweep(now=make.now()) == 0
