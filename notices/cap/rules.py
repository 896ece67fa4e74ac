"""What is wrong with a CAP 1.2 message: its shape, and what no schema notices.

`check` reads what others send before it becomes a draft, and our own messages in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import asin, cos, radians, sin, sqrt

from django.utils.translation import gettext as _
from lxml import etree

from . import shape
from .shape import CAP, Fault, moment

FAR_KM = 500  # an area so far from the place that it names is somebody's mistake
MOST = 2**20  # bytes; a message of forty places in three languages has 60,000
Known = Mapping[str, tuple[float, float]]  # UN/LOCODE → latitude, longitude
_NAME = re.compile(r"[^\s,<&]+")
_LOCODE = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")


def parse(document: bytes) -> etree._Element:
    """The `alert`; no entities, no network. Raises `lxml.etree.XMLSyntaxError`."""
    return etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def check(document: bytes, known: Known | None = None) -> list[Fault]:
    """Everything that is wrong, in the order of the document; empty for a message that may be used.

    The area is compared with the places of `known`, where the message names them by UN/LOCODE.
    """
    if len(document) > MOST:
        return [Fault("", 0, _("The file is larger than a message can be."))]
    try:
        alert = parse(document)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        return [Fault("", line, _("This is not XML: line %(line)s cannot be read.") % {"line": line})]
    if alert.tag != f"{{{CAP}}}alert":
        said = _("This is not a message of CAP 1.2 (%(name)s).") % {"name": CAP}
        return [Fault("alert", alert.sourceline or 0, said)]
    found = list(shape.faults(alert))
    return found or [fault for rule in _RULES for fault in rule(alert, known or {})]


Rule = Callable[[etree._Element, Known], Iterator[Fault]]
_RULES: list[Rule] = []


def _rule(rule: Rule) -> Rule:
    _RULES.append(rule)
    return rule


def _all(parent: etree._Element, tag: str) -> list[etree._Element]:
    found: list[etree._Element] = parent.findall(f"{{{CAP}}}{tag}")
    return found


def _text(parent: etree._Element, tag: str) -> str:
    return (parent.findtext(f"{{{CAP}}}{tag}") or "").strip()


def _at(parent: etree._Element, tag: str) -> int:
    element = parent.find(f"{{{CAP}}}{tag}")
    return (parent if element is None else element).sourceline or 0


def _fault(parent: etree._Element, tag: str, text: str) -> Fault:
    return Fault(tag, _at(parent, tag), text)


@_rule
def _names(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """3.2.1: `identifier` and `sender` hold neither blank, comma, "<" nor "&"."""
    for tag in ("identifier", "sender"):
        if not _NAME.fullmatch(alert.findtext(f"{{{CAP}}}{tag}") or ""):
            yield _fault(alert, tag, _("It must hold neither a blank nor a comma, “<” or “&”."))


@_rule
def _references(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """3.2.1: an Update, Cancel, Ack or Error says what it is about: `sender,identifier,sent`, earlier than itself."""
    said, sent = _text(alert, "references"), moment(_text(alert, "sent"))
    if _text(alert, "msgType") != "Alert" and not said:
        yield _fault(alert, "references", _("It must refer to the message that it changes."))
    for one in said.split():
        sender, _comma, rest = one.partition(",")
        identifier, _comma, at = rest.rpartition(",")
        then = moment(at)
        if not sender or not _NAME.fullmatch(identifier) or then is None:
            yield _fault(alert, "references", _("“%(one)s” is not sender,identifier,sent.") % {"one": one})
        elif (sender, identifier) == (_text(alert, "sender"), _text(alert, "identifier")):
            yield _fault(alert, "references", _("The message refers to itself."))
        elif sent and then > sent:
            yield _fault(alert, "references", _("It refers to a message that was sent later."))


@_rule
def _readers(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """3.2.1: what is restricted says why, what is private says to whom. Neither is ours to publish."""
    scope = _text(alert, "scope")
    if scope != "Public":
        yield _fault(alert, "scope", _("This message is not meant for the public."))


@_rule
def _infos(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """3.2.2: one `info` a language, and all of them of one event: the same codes, times and areas."""
    infos = _all(alert, "info")
    if not infos and _text(alert, "msgType") in ("Alert", "Update"):
        yield _fault(alert, "info", _("The message says nothing: it has no “info”."))
    seen: set[str] = set()
    for info in infos:
        language = (_text(info, "language") or "en-US").casefold()
        if language in seen:
            yield _fault(info, "language", _("There are two texts in one language (%(code)s).") % {"code": language})
        seen.add(language)
        for tag in ("responseType", "urgency", "severity", "certainty", "effective", "onset", "expires"):
            if _values(info, tag) != _values(infos[0], tag):
                yield _fault(info, tag, _("It differs between the languages of one message."))
        if _codes(info) != _codes(infos[0]):
            yield _fault(info, "area", _("The places differ between the languages of one message."))


def _values(info: etree._Element, tag: str) -> list[object]:
    return [moment(one.text or "") or one.text for one in _all(info, tag)]


def _codes(info: etree._Element) -> list[list[str]]:
    areas = _all(info, "area")
    return [[_text(code, "value") for code in _all(area, "geocode")] for area in areas]


@_rule
def _levels(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """Readers take "Unknown" for insignificant."""
    for info in _all(alert, "info"):
        for tag in ("urgency", "severity", "certainty"):
            if _text(info, tag) == "Unknown":
                yield _fault(info, tag, _("“Unknown” is read as unimportant: say one of the other words."))


@_rule
def _times(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """3.2.2: a message holds for some time after it was sent, and does not begin after its end."""
    sent = moment(_text(alert, "sent"))
    for info in _all(alert, "info"):
        expires, onset = moment(_text(info, "expires")), moment(_text(info, "onset"))
        effective = moment(_text(info, "effective"))
        if expires and sent and expires <= sent:
            yield _fault(info, "expires", _("The message was over before it was sent."))
        elif expires and effective and expires <= effective:
            yield _fault(info, "expires", _("The message is over before it counts."))
        elif expires and onset and expires < onset:
            yield _fault(info, "onset", _("It begins after the message is over."))


@_rule
def _words(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """What nobody can read is no message."""
    for info in _all(alert, "info"):
        if not _text(info, "event"):
            yield _fault(info, "event", _("It is empty."))
        if not _text(info, "headline") and not _text(info, "description"):
            yield _fault(info, "headline", _("There is neither a headline nor a description."))
        for web in _all(info, "web"):
            if not re.match(r"https?://[^\s/]+", web.text or ""):
                yield _fault(info, "web", _("It is no address of a page."))


@_rule
def _areas(alert: etree._Element, known: Known) -> Iterator[Fault]:
    """3.2.4: polygons are closed rings of "latitude,longitude"; circles have a radius in kilometres."""
    for info in _all(alert, "info"):
        for area in _all(info, "area"):
            if not _text(area, "areaDesc"):
                yield _fault(area, "areaDesc", _("It is empty."))
            codes = [_text(one, "value") for one in _all(area, "geocode") if _text(one, "valueName") == "UN/LOCODE"]
            for code in codes:
                if not _LOCODE.fullmatch(code):
                    yield _fault(area, "geocode", _("“%(code)s” is no UN/LOCODE.") % {"code": code})
            near = next((known[code] for code in codes if code in known), None)
            for polygon in _all(area, "polygon"):
                yield from _polygon(polygon, near)
            for circle in _all(area, "circle"):
                yield from _circle(circle, near)


def _points(text: str) -> list[tuple[float, float]] | None:
    """None if it is not pairs of degrees, latitude first."""
    try:
        pairs = [tuple(float(number) for number in pair.split(",")) for pair in text.split()]
    except ValueError:
        return None
    sound = all(len(pair) == 2 and abs(pair[0]) <= 90 and abs(pair[1]) <= 180 for pair in pairs)
    return [(pair[0], pair[1]) for pair in pairs] if pairs and sound else None


def _polygon(polygon: etree._Element, near: tuple[float, float] | None) -> Iterator[Fault]:
    points, line = _points(polygon.text or ""), polygon.sourceline or 0
    if points is None:
        yield Fault("polygon", line, _("It is not pairs of “latitude,longitude” in degrees."))
    elif len(points) < 4 or points[0] != points[-1]:
        yield Fault("polygon", line, _("It needs at least four points, and the last is the first again."))
    else:
        yield from _distance("polygon", line, points[0], near)


def _circle(circle: etree._Element, near: tuple[float, float] | None) -> Iterator[Fault]:
    centre, _blank, radius = (circle.text or "").strip().partition(" ")
    points, line = _points(centre), circle.sourceline or 0
    if points is None or len(points) != 1 or not re.fullmatch(r"\d+(\.\d+)?", radius):
        yield Fault("circle", line, _("It is not “latitude,longitude radius”, with the radius in kilometres."))
    else:
        yield from _distance("circle", line, points[0], near)


def _distance(
    tag: str, line: int, point: tuple[float, float], near: tuple[float, float] | None
) -> Iterator[Fault]:
    if near is None or _km(point, near) <= FAR_KM:
        return
    turned = (point[1], point[0])
    if abs(turned[0]) <= 90 and _km(turned, near) <= FAR_KM:
        yield Fault(tag, line, _("Latitude and longitude are exchanged: latitude comes first."))
    else:
        facts = {"distance": round(_km(point, near))}
        yield Fault(tag, line, _("It lies %(distance)s km from the place that the message names.") % facts)


def _km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along a great circle (haversine), with the Earth's mean radius."""
    (lat1, lon1), (lat2, lon2) = ((radians(degrees) for degrees in point) for point in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371 * asin(sqrt(half))
