"""CAP 1.2 (OASIS, 2010): one message a version, with an `info` for each language that somebody wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from lxml import etree

from base.words import CapStatus, MsgType, PlaceStatus, Urgency
from notices import timeline, truth_of
from notices.cap.shape import CAP
from notices.kinds import KINDS
from notices.models import Text, Version
from notices.render import permanent_url, zone_of
from notices.wording import Wording, headline, wording

from . import xml

MEDIA_TYPE = "application/cap+xml"
DAY = timedelta(days=1)
SHUT = (PlaceStatus.CLOSED, PlaceStatus.PARTLY_CLOSED)


def moment(at: datetime) -> str:
    """CAP 3.3.2: whole seconds, and UTC as "-00:00", never "Z"."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def identifier(version: Version) -> str:
    """Without blank, comma, "<" and "&", which would break the references of later messages."""
    return f"{version.notice.reference}-{version.number}"


def expires(version: Version, sent: datetime) -> datetime:
    """How long the message holds, which is not when the closure ends: an open end holds a day past the next word.

    What is only planned holds past its start, or a reader would drop it before it begins.
    """
    if version.ends_at and version.ends_at > sent:
        return version.ends_at
    moments = (version.starts_at, version.next_update_at, version.reopens_latest, sent)
    due = max((at for at in moments if at), default=sent)
    return due + DAY


def response(version: Version, sent: datetime) -> str:
    """What a reader is to do, in CAP's words."""
    if version.action == Version.Action.ALL_CLEAR or version.notice.kind == "all_clear":
        return "AllClear"
    if version.msg_type == MsgType.CANCEL:
        return "None"
    if version.starts_at and version.starts_at > sent:
        return "Prepare"
    return "Avoid" if truth_of.worst_status(version) in SHUT else "Monitor"


def document(version: Version, former: Sequence[Version]) -> bytes:
    """The message of an issued version; `former` are the versions that went out before it, the first one first."""
    sent = version.sent_at
    alert = xml.root(CAP, "alert")
    xml.add(alert, "identifier", identifier(version))
    xml.add(alert, "sender", settings.FAIRWAY_CAP_SENDER)
    xml.add(alert, "sent", moment(sent))
    xml.add(alert, "status", version.status)
    xml.add(alert, "msgType", version.msg_type)
    if version.based_on is not None:
        xml.add(alert, "source", version.based_on.name)
    xml.add(alert, "scope", "Public")
    if version.status != CapStatus.ACTUAL:
        with translation.override(settings.FAIRWAY_OFFICIAL_LANGUAGE):
            xml.add(alert, "note", _("This is an exercise. Nothing has happened."))
    if former:
        xml.add(alert, "references", " ".join(_reference(one) for one in former))
    for text in sorted(version.texts.all(), key=lambda text: text.language != settings.FAIRWAY_OFFICIAL_LANGUAGE):
        with translation.override(text.language):
            _info(alert, version, text, sent)
    return xml.written(alert)


def _reference(version: Version) -> str:
    return f"{settings.FAIRWAY_CAP_SENDER},{identifier(version)},{moment(version.sent_at)}"


def _info(alert: etree._Element, version: Version, text: Text, sent: datetime) -> None:
    said = wording(version, text.language)
    cancelled = version.msg_type == MsgType.CANCEL
    info = xml.add(alert, "info")
    lines = {
        "language": text.language,
        "category": KINDS[version.notice.kind].cap_category,
        "event": str(KINDS[version.notice.kind].name),
        "responseType": response(version, sent),
        "urgency": Urgency.PAST if cancelled else version.urgency,
        "severity": version.severity,
        "certainty": version.certainty,
        "effective": moment(sent),
        "onset": moment(version.starts_at) if version.starts_at and not cancelled else "",
        "expires": moment(expires(version, sent)),
        "senderName": said.office,
        "headline": headline(version, text.language),
        "description": _description(version, text, said, sent),
        "instruction": text.instruction or _("Nothing more is asked of you. The page below tells of every change."),
        "web": permanent_url(version),
        "contact": version.contact or f"{settings.FAIRWAY_SITE_URL}{reverse('ask')}",
    }
    for tag, line in lines.items():
        if line:
            xml.add(info, tag, line)
    for place in said.places:
        area = xml.add(info, "area")
        xml.add(area, "areaDesc", place.name)
        if place.code:
            geocode = xml.add(area, "geocode")
            xml.add(geocode, "valueName", "UN/LOCODE")
            xml.add(geocode, "value", place.code)


def _description(version: Version, text: Text, said: Wording, sent: datetime) -> str:
    times = timeline.time_line(version, text.language, zone_of(version), at=sent)
    first = f"{said.truth_line} {times}".strip()
    own = "\n".join(str(one) for one in said.own_times)
    return "\n\n".join(part for part in (first, own, said.diversion, text.body) if part)
