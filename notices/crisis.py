"""Opening, changing and closing the page of a crisis: each change is a row of its public log, and of the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from base import audit
from base.access import Can, demand
from base.errors import Conflict, Refused
from base.words import CrisisLevel
from contacts.models import Place, User

from . import board, record
from .models import Crisis, CrisisChange, Notice, PartnerPage, Version
from .numbering import next_reference
from .querysets import NoticeQuerySet

What = CrisisChange.What
SERIES = "CR"
SAID = {CrisisLevel.WATCH: What.WATCH, CrisisLevel.CRISIS: What.CRISIS, CrisisLevel.NORMAL: What.CLOSED}


class StaleCrisis(Conflict):
    message = _("Somebody else changed this page. What you typed is still here, below what stands now.")


class Over(Refused):
    message = _("This page is closed, so its words stay as they are. Set the level first, to open it again.")


class NoLevel(Refused):
    message = _("A page opens at watch or at crisis.")


@dataclass(frozen=True)
class Content:
    """What headquarters writes. `texts`: language → title, situation; `contacts` and `partners`: pairs, in order."""

    texts: dict[str, dict[str, str]]
    places: Sequence[Place]
    notices: Sequence[Notice] = ()
    contacts: Sequence[tuple[str, str]] = ()
    partners: Sequence[tuple[str, str]] = ()


def open_page(*, uid: UUID, content: Content, level: str, by: User, now: datetime) -> Crisis:
    """The page of one form: sent twice, it is opened once."""
    demand(by, Can.KEEP_CRISES)
    if level == CrisisLevel.NORMAL:
        raise NoLevel(field="level")
    with transaction.atomic():
        reference = next_reference(SERIES, exercise=False, now=now)
        made, new = Crisis.objects.get_or_create(
            uid=uid,
            defaults={"reference": reference, "level": level, "texts": content.texts, "opened_at": now,
                      "changed_at": now, "contacts": [list(pair) for pair in content.contacts]},
        )  # fmt: skip
        if new:
            made.places.set(content.places)
            made.notices.set(content.notices)
            _keep_partners(made, content.partners, now)
            _log(made, [(What.OPENED, []), (SAID[CrisisLevel(level)], [])], by=by, now=now)
    return made


def edit(crisis: Crisis, *, content: Content, seen: int, by: User, now: datetime) -> Crisis:
    """`seen`: the `edits` of what was on the screen; raises `StaleCrisis` where somebody saved since."""
    demand(by, Can.KEEP_CRISES)
    with transaction.atomic():
        held = Crisis.objects.select_for_update().get(pk=crisis.pk)
        if not held.is_open:
            raise Over
        changes = _changes(held, content)
        if not changes:
            return held
        if held.edits != seen:
            raise StaleCrisis
        before = held.texts
        held.texts, held.contacts = content.texts, [list(pair) for pair in content.contacts]
        held.edits, held.changed_at = F("edits") + 1, now
        held.save()
        held.places.set(content.places)
        held.notices.set(content.notices)
        _keep_partners(held, content.partners, now)
        _log(held, changes, by=by, now=now, before=before)
        held.refresh_from_db()
    return held


def set_level(crisis: Crisis, *, level: str, seen: int, by: User, now: datetime) -> Crisis:
    """Normal closes the page; another level opens it again. A level that it has already changes nothing."""
    demand(by, Can.KEEP_CRISES)
    with transaction.atomic():
        held = Crisis.objects.select_for_update().get(pk=crisis.pk)
        if held.level == level:
            return held
        if held.edits != seen:
            raise StaleCrisis
        closes = level == CrisisLevel.NORMAL
        held.level, held.closed_at = level, now if closes else None
        held.archive = _archive(held, now) if closes else {}
        held.edits, held.changed_at = F("edits") + 1, now
        held.save()
        _log(held, [(SAID[CrisisLevel(level)], [])], by=by, now=now)
        held.refresh_from_db()
    return held


def check_partner(page: PartnerPage, *, by: User, now: datetime) -> None:
    """Somebody has looked at it: it is there, and says what it should. Disturbs nobody who edits meanwhile."""
    demand(by, Can.KEEP_CRISES)
    with transaction.atomic():
        if not Crisis.objects.open().filter(pk=page.crisis_id).update(changed_at=now):
            raise Over
        PartnerPage.objects.filter(pk=page.pk).update(checked_at=now)
        _log(page.crisis, [(What.CHECKED, [page.name])], by=by, now=now)


def level() -> CrisisLevel:
    """That of the site: of the gravest open page."""
    return max((CrisisLevel(one.level) for one in Crisis.objects.open()), key=list(CrisisLevel).index,
               default=CrisisLevel.NORMAL)  # fmt: skip


def notices_of(crisis: Crisis, *, now: datetime) -> NoticeQuerySet:
    """Those that were chosen; else those at its places: in force or planned, and once it is over, of its days."""
    published: NoticeQuerySet = Notice.objects.published(now)
    if not crisis.is_open:
        return published.filter(reference__in=crisis.archive["notices"])
    chosen = crisis.notices.values("pk")
    if chosen.exists():
        return published.filter(pk__in=chosen)
    return _at_places(crisis, now)


def _at_places(crisis: Crisis, now: datetime) -> NoticeQuerySet:
    found: NoticeQuerySet = Notice.objects.in_force(now)
    return found.saying(rows__place__in=crisis.places.all())


def _archive(crisis: Crisis, now: datetime) -> dict[str, list[Any]]:
    """What is computed when it is read, as it is now: how the places stand, and the notices of its days."""
    places = list(crisis.places.all())
    codes = {place.locode for place in places}
    found = board.standings(places, now=now, language=settings.FAIRWAY_OFFICIAL_LANGUAGE)
    return {
        "places": [[one.code, one.status] for one in found if one.code in codes],
        "notices": sorted(crisis.notices.values_list("reference", flat=True)) or _of_its_days(crisis, codes, now),
    }


def _of_its_days(crisis: Crisis, codes: set[str], now: datetime) -> list[str]:
    """Notices that the page shows as it closes, or that said something of a place while it was open."""
    shown = _at_places(crisis, now).values_list("reference", flat=True)
    speaking = Version.objects.filter(rows__place__locode__in=codes, status="Actual").values("notice")
    versions = Version.objects.public().filter(notice__in=speaking, issued_at__lte=now, status="Actual")
    threads = record.threads(versions.select_related("notice").prefetch_related("rows__place"))
    said = {
        str(spell.version.notice.reference)
        for thread in threads
        for code in codes
        for spell in record.spells(thread, code, now=now)
        if spell.ends_at is None or spell.ends_at > crisis.opened_at
    }
    return sorted(said.union(map(str, shown)))


def _changes(held: Crisis, content: Content) -> list[tuple[What, list[Any]]]:
    """What `content` would change, as rows of the log."""
    had = set(held.places.values_list("locode", flat=True))
    wants = {place.locode for place in content.places}
    found: list[tuple[What, list[Any]]] = [
        (what, [])
        for part, what in (("title", What.TITLE), ("situation", What.SITUATION))
        if _part(held.texts, part) != _part(content.texts, part)
    ]
    found += [(What.PLACES_ADDED, sorted(wants - had))] if wants - had else []
    found += [(What.PLACES_REMOVED, sorted(had - wants))] if had - wants else []
    if set(held.notices.values_list("pk", flat=True)) != {notice.pk for notice in content.notices}:
        found.append((What.NOTICES, sorted(str(notice.reference) for notice in content.notices)))
    if held.contacts != [list(pair) for pair in content.contacts]:
        found.append((What.CONTACTS, []))
    if [(one.name, one.url) for one in held.partners.all()] != list(content.partners):
        found.append((What.PARTNERS, []))
    return found


def _part(texts: dict[str, dict[str, str]], part: str) -> dict[str, str]:
    return {language: words[part] for language, words in texts.items()}


def _keep_partners(crisis: Crisis, partners: Sequence[tuple[str, str]], now: datetime) -> None:
    """A page that stays keeps the moment of its check; one that is added was looked at just now."""
    checked = dict(crisis.partners.values_list("url", "checked_at"))
    crisis.partners.all().delete()
    PartnerPage.objects.bulk_create(
        PartnerPage(crisis=crisis, position=position, name=name, url=url, checked_at=checked.get(url, now))
        for position, (name, url) in enumerate(partners)
    )


def _log(crisis: Crisis, changes: Sequence[tuple[What, list[Any]]], *, by: User, now: datetime, **facts: Any) -> None:
    rows = [CrisisChange(crisis=crisis, what=what, about=about, at=now) for what, about in changes]
    CrisisChange.objects.bulk_create(rows)
    said = {"changes": [[what.value, about] for what, about in changes]} | facts
    audit.record(actor=by, action="crisis.change", target=f"crisis:{crisis.reference}", now=now, facts=said)
