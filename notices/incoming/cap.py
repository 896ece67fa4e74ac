"""A CAP message as `Found`. Whether it may be used is `notices.cap.rules`' to say; this reads what can be read."""

from __future__ import annotations

from lxml import etree

from base import http
from base.text import one_line, prose
from notices.cap import rules, shape

from .found import Area, Found, in_utc

DEFAULT_LANGUAGE = "en-US"  # CAP 1.2, 3.2.2
LOCODES = ("UN/LOCODE", "UN-LOCODE", "UNLOCODE", "LOCODE")  # the first is right, the others are met with
WORD, LINE = 200, 500


def read(document: bytes, identity: str) -> Found:
    """`identity` stands in where the message names none of its own. Raises `lxml.etree.XMLSyntaxError`."""
    alert = rules.parse(document)
    infos = _all(alert, "info")
    first = infos[0] if infos else alert
    sender, identifier, sent = (_text(alert, tag)[:LINE] for tag in ("sender", "identifier", "sent"))
    named = ",".join(("cap", sender, identifier, sent)) if sender and identifier else identity
    web = _text(first, "web")
    return Found(
        identity=named,
        title=_title(first) or identifier or one_line(str(etree.QName(alert).localname)),
        texts={(_text(info, "language") or DEFAULT_LANGUAGE): _texts(info) for info in infos},
        identifier=identifier,
        sender=sender,
        sender_name=_text(first, "senderName")[:WORD],
        sent_at=in_utc(shape.moment(sent)),
        link=web if http.is_link(web) else "",
        status=_text(alert, "status")[:WORD],
        msg_type=_text(alert, "msgType")[:WORD],
        category=_text(first, "category")[:WORD],
        severity=_text(first, "severity")[:WORD],
        urgency=_text(first, "urgency")[:WORD],
        certainty=_text(first, "certainty")[:WORD],
        onset=in_utc(shape.moment(_text(first, "onset")) or shape.moment(_text(first, "effective"))),
        expires=in_utc(shape.moment(_text(first, "expires"))),
        areas=tuple(_area(area) for area in _all(first, "area")),
        refers=_refers(_text(alert, "references")),
    )


def _all(parent: etree._Element, tag: str) -> list[etree._Element]:
    """In any namespace: what is not usable should still say what it is about."""
    return [child for child in parent if isinstance(child.tag, str) and etree.QName(child).localname == tag]


def _text(parent: etree._Element, tag: str) -> str:
    found = _all(parent, tag)
    return (found[0].text or "").strip() if found else ""


def _title(info: etree._Element) -> str:
    return one_line(_text(info, "headline") or _text(info, "event"))


def _texts(info: etree._Element) -> dict[str, str]:
    words = {name: prose(_text(info, tag)) for name, tag in (("body", "description"), ("instruction", "instruction"))}
    return {"title": _title(info), **words}


def _area(area: etree._Element) -> Area:
    pairs = [(_text(code, "valueName"), _text(code, "value")) for code in _all(area, "geocode")]
    codes = tuple(value for name, value in pairs if name.upper() in LOCODES)
    return Area(one_line(_text(area, "areaDesc"))[:WORD], codes)


def _refers(references: str) -> tuple[tuple[str, str], ...]:
    """CAP 3.2.1: `sender,identifier,sent`, parted by blanks."""
    found = []
    for one in references.split():
        sender, _comma, rest = one.partition(",")
        identifier, comma, _sent = rest.rpartition(",")
        if sender and comma:
            found.append((sender, identifier))
    return tuple(found)
