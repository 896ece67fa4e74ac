"""The demo's notices, written, approved and issued by the same verbs that officers use, at times relative to now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from base import clock
from base.words import Direction, Traffic
from contacts.models import Organisation, Place, User
from delivery.models import Publication
from notices import diversions, lifecycle, lone, schedule
from notices.drafting import Draft
from notices.kinds import KINDS
from notices.models import Notice, Series, Template, Version

STILL_SENDING = ("n18",)  # its mails go to the mail catcher, so that a newcomer finds some
LAST_NUMBER = 420  # what newcomers write is numbered from here
ACTIONS = {"revoke": Version.Action.ALL_CLEAR}  # a procedure that ends


class Writer:
    """One load; `now` is rounded down to a quarter of an hour, as the demo's hours count from there."""

    def __init__(
        self, people: dict[str, User], offices: dict[str, Organisation], places: dict[str, Place], now: datetime
    ) -> None:
        self.people, self.offices, self.places = people, offices, places
        self.real_now = now
        self.now = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)

    def at(self, hours: float | None) -> datetime | None:
        return None if hours is None else self.now + timedelta(hours=hours)

    def draft(self, told: dict[str, Any]) -> Draft:
        first = next((self.places[code] for row in told["impact"] for code in row["places"]), None)
        zone = first.time_zone if first else "UTC"
        reopens = told.get("reopens") or {}
        if reopens == "until_further_notice":
            reopens = {}
        starts_at = self.at(told["onset"]) or self.now
        fields = {
            "starts_at": starts_at,
            "ends_at": self.at(told.get("ends_at")) or self._listed_until(told, starts_at),
            "reopens_earliest": self.at(reopens.get("earliest")),
            "reopens_latest": self.at(reopens.get("latest")),
            "next_update_at": self.at(told.get("next_update_by")),
            "time_zone": zone,
            "cause": str(told.get("cause") or ""),
            "contact": self._contact(told.get("contact") or {}),
            "diversion": self._diversion(told.get("diversion") or {}),
            "severity": told["cap"]["severity"],
            "urgency": told["cap"]["urgency"],
            "certainty": told["cap"]["certainty"],
        }
        rows = [self._row(row, code, starts_at) for row in told["impact"] for code in row["places"]]
        return Draft(fields=fields, texts=self._texts(told, fields, zone), rows=rows)

    def _listed_until(self, told: dict[str, Any], starts_at: datetime) -> datetime | None:
        """An all-clear stays on the list for a day."""
        return starts_at + timedelta(days=1) if told["action"] in ("all_clear", "revoke") else None

    def _diversion(self, told: dict[str, Any]) -> dict[str, Any]:
        ways = [self.places[way["place"]] for way in told.get("to", ()) if not way.get("withdrawn_at")]
        return diversions.advice(told.get("choice", ""), ways)

    def _contact(self, told: dict[str, Any]) -> str:
        return ", ".join(part for part in (told.get("phone"), told.get("mail")) if part)

    def _row(self, told: dict[str, Any], code: str, starts_at: datetime) -> dict[str, Any]:
        place = self.places[code]
        wanted = place.modes if told["modes"] == "*" else [mode for mode in told["modes"] if mode in place.modes]
        local = starts_at.astimezone(ZoneInfo(place.time_zone))
        return {
            "place_id": place.pk,
            "modes": wanted,
            "directions": list(Direction.values) if told["directions"] == "*" else told["directions"],
            "traffic": list(Traffic.values) if told["traffic"] == "*" else told["traffic"],
            "status": told["status"],
            "qualifier": {name: told[name] for name in ("limit", "value", "hours", "days") if told.get(name)},
            "time_zone": place.time_zone,
            "starts_at": starts_at,
            "starts_local": local.strftime("%Y-%m-%dT%H:%M"),
        }

    def _texts(self, told: dict[str, Any], fields: dict[str, Any], zone: str) -> dict[str, dict[str, str]]:
        moments = {
            "onset": fields["starts_at"],
            "ends": fields["ends_at"],
            "reopens_earliest": fields["reopens_earliest"],
            "reopens_latest": fields["reopens_latest"],
            "next_update": fields["next_update_at"],
        }
        texts: dict[str, dict[str, str]] = {}
        for language in ("en", "fr", "es"):
            words = {
                "title": told["title"].get(language, ""),
                "body": (told.get("text") or {}).get(language, ""),
                "instruction": (told.get("instruction") or {}).get(language, ""),
            }
            for name, moment in moments.items():
                if moment is not None:
                    spoken = clock.spoken(moment, zone, language)
                    words = {key: text.replace(f"{{{name}}}", spoken) for key, text in words.items()}
            texts[language] = {key: self._timed(text, zone, language) for key, text in words.items()}
        return texts

    def _timed(self, text: str, zone: str, language: str) -> str:
        """With "{h:-10}", ten hours ago, as a moment."""
        return re.sub(
            r"\{h:(-?\d+)\}",
            lambda found: clock.spoken(self.now + timedelta(hours=int(found[1])), zone, language), text,
        )  # fmt: skip

    def write(self, thread: dict[str, Any]) -> None:
        notice: Notice | None = None
        if thread["number"]:
            year = self.real_now.astimezone(UTC).year
            Series.objects.update_or_create(
                name=thread["series"], year=year, defaults={"last": thread["number"] - 1}
            )
        for told in thread["versions"]:
            author = self.people[told["written_by"]]
            written_at = self.at(told["written_at"]) or self.now
            if notice is None:
                version = lifecycle.start(
                    kind=thread["kind"],
                    office=self.offices[thread["office"]],
                    by=author,
                    now=written_at,
                    status=thread["cap_status"],
                )
                notice = version.notice
            else:
                note = {"en": told["correction_note"]} if told["action"] == Version.Action.CORRECT else None
                action = ACTIONS.get(told["action"], told["action"])
                version = lifecycle.revise(notice, by=author, now=written_at, action=action, note=note)
            version = lifecycle.edit(
                version, by=author, edit_number=version.edit_number, draft=self.draft(told), now=written_at
            )
            self._decide(version, told, author, thread["id"])

    def _decide(self, version: Version, told: dict[str, Any], author: User, thread: str) -> None:
        if told["state"] == "draft":
            return
        submitted_at = self.at(told["submitted_at"]) or self.now
        if told["state"] == "scheduled":
            version = schedule.choose(version, at=self.at(told["publish_at"]), by=author, now=submitted_at)
        version = lifecycle.submit(version, by=author, now=submitted_at)
        if told["state"] == "pending":
            return
        approver = self.people[told["decided_by"]]
        decided_at = self.at(told["decided_at"]) or self.now
        if told["state"] == "returned":
            reason = told.get("reason") or {}
            text = reason.get("en") if isinstance(reason, dict) else reason
            lifecycle.return_(
                version,
                by=approver,
                digest=version.digest,
                reason=text or "The title does not say what happens to cargo.",
                now=decided_at,
            )
            return
        issued_at = self.at(told["issued_at"]) or decided_at
        if "emergency_path" in told:
            said = {"reason": told["emergency_path"]["reason"], "reference": version.notice.reference}
            version = lone.issue(version, by=author, digest=version.digest, now=issued_at, **said)
        else:
            version = lifecycle.approve(version, by=approver, digest=version.digest, now=issued_at)
        if thread not in STILL_SENDING:
            # History: these mails went out long ago, nobody gets them again.
            Publication.objects.filter(pk=version.publication_id or 0).update(enlisted_at=issued_at)


def load(
    told: dict[str, Any],
    people: dict[str, User],
    offices: dict[str, Organisation],
    places: dict[str, Place],
    now: datetime,
) -> int:
    """Writes the threads once; returns how many."""
    if Notice.objects.exists():
        return 0
    writer = Writer(people, offices, places, now)
    for thread in told["notices"]:
        writer.write(thread)
    year = now.astimezone(UTC).year
    for kind in KINDS.values():
        Series.objects.update_or_create(name=kind.series, year=year, defaults={"last": LAST_NUMBER})
    return len(told["notices"])


def load_templates(told: dict[str, Any], now: datetime) -> int:
    """Prepared words, once; returns how many are there."""
    if not Template.objects.exists():
        Template.objects.bulk_create(Template(**one, changed_at=now) for one in told["templates"])
    return Template.objects.count()
