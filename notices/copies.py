"""The courtesy copy: author, approver and the office's duty mailbox get what everybody got, and read to how many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.reach import coarse
from delivery import outbox
from delivery.models import Delivery, Publication

from . import render
from .models import Told, Version
from .sweeping import each

WITHIN = timedelta(hours=1)  # a copy that comes later than this is no courtesy
WHAT = "copy"


def sweep(*, now: datetime) -> int:
    """Sends the copies of versions that everybody is enlisted for; each version once."""
    return each(_fresh(now), partial(_copy, now=now))


def _fresh(now: datetime) -> QuerySet[Version]:
    enlisted = Publication.objects.filter(pk=OuterRef("publication_id"), enlisted_at__isnull=False)
    told = Told.objects.filter(version=OuterRef("pk"), what=WHAT)
    fresh = Version.objects.filter(Exists(enlisted), ~Exists(told), issued_at__lte=now, issued_at__gt=now - WITHIN)
    return fresh.select_related("notice__office", "author", "decided_by").prefetch_related("texts", "rows__place")


def _copy(version: Version, *, now: datetime) -> bool:
    people = coarse(Delivery.objects.filter(publication=version.publication_id).count())
    with transaction.atomic():
        _told, new = Told.objects.get_or_create(
            version=version, what=WHAT, moment=version.issued_at or now, defaults={"at": now}
        )
        for email, language in _readers(version) if new else ():
            with translation.override(language):
                mail = render.mail(version, language, now=now, heading=_("Copy"), note=_note(version, people))
            outbox.post(key=f"copy:{version.uid}:{email}"[:200], to=email, message=mail, now=now)
    return new


def _note(version: Version, people: int | None) -> str:
    """Who sent it and to how many, as coarse as everywhere."""
    if version.decided_by_id == version.author_id:
        who = _("Issued by %(author)s without a second person.") % {"author": version.author}
    else:
        facts = {"author": version.author, "approver": version.decided_by}
        who = _("Written by %(author)s, approved by %(approver)s.") % facts
    sent = _("Sent to at least %(people)s people.") % {"people": people}
    return f"{who} {_('Sent to fewer than 3 people.') if people is None else sent}"


def _readers(version: Version) -> Iterator[tuple[str, str]]:
    """Address and language, each address once."""
    office = version.notice.office
    both = [person for person in (version.writer, version.decided_by) if person and person.is_active]
    people = {person.email: person.language for person in both}
    if office.email:
        people.setdefault(office.email, office.language)
    yield from people.items()
