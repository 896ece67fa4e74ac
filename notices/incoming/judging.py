"""Whether a CAP message from outside may become a draft here, in the words of `notices.cap.rules`."""

from __future__ import annotations

from django.utils.translation import gettext as _
from lxml import etree

from base.words import CapStatus, MsgType
from contacts.models import Place
from notices.cap import rules
from notices.cap.shape import Fault

from . import cap
from .found import Found

SIGN = b"emergency:cap"  # what every version of CAP has in its namespace


def judged(document: bytes, identity: str) -> tuple[Found, list[Fault]]:
    """What the message says, as far as it can be read, and everything that is wrong with it."""
    try:
        found = cap.read(document, identity)
    except etree.XMLSyntaxError:
        return Found(identity, identity), rules.check(document)
    codes = {code for area in found.areas for code in area.codes}
    places = Place.objects.filter(locode__in=codes).values_list("locode", "latitude", "longitude")
    known = {code: (north, east) for code, north, east in places if north is not None and east is not None}
    return found, rules.check(document, known) or _not_for_readers(found)


def _not_for_readers(found: Found) -> list[Fault]:
    """Sound messages that say nothing to the public."""
    if found.status not in CapStatus.values:
        return [Fault("status", 0, _("A message of this status is not meant for readers."))]
    if found.msg_type not in MsgType.values:
        return [Fault("msgType", 0, _("It answers another message and has nothing to tell readers."))]
    return []


def is_cap(document: bytes) -> bool:
    """Whether somebody meant this to be a CAP message, sound or not."""
    try:
        root = rules.parse(document)
    except etree.XMLSyntaxError:
        return SIGN in document
    return str(etree.QName(root).localname) == "alert"
