"""A copy on disk: pages as files whose links lead to each other, or to the site where there is no copy."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from lxml import etree, html

from base import clock

INDEX = "index.html"
_SPRITE = "icons.svg"
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Sheet:
    """One address of the copy. `path` is the site's own, absolute."""

    path: str
    language: str
    is_page: bool = True

    @property
    def file(self) -> str:
        """Where it lies: a page is a folder with an index, which every web server knows."""
        inside = self.path.strip("/")
        return posixpath.join(inside, INDEX) if self.is_page else inside


@dataclass
class Copied:
    """`static` gathers the names of collected files that the pages ask for."""

    folder: Path
    site: str
    sheets: set[Sheet]
    now: datetime
    static: set[str] = field(default_factory=set)
    files: int = 0

    def __post_init__(self) -> None:
        self.by_path = {sheet.path: sheet for sheet in self.sheets}

    def keep(self, sheet: Sheet, content: bytes) -> None:
        """In the active language, which is that of `sheet`."""
        self._put(sheet.file, self._page(sheet, content) if sheet.is_page else content)

    def keep_static(self, name: str, content: bytes) -> None:
        self._put(posixpath.join("static", name), content)

    def _put(self, file: str, content: bytes) -> None:
        target = self.folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.files += 1

    # --- One page -------------------------------------------------------------------------------------------------

    def _page(self, sheet: Sheet, content: bytes) -> bytes:
        page = html.document_fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
        facts = {
            "made_at": clock.shown(self.now, settings.FAIRWAY_TIME_ZONE, sheet.language),
            "live": self.site + sheet.path,
        }
        for form in page.xpath("//form"):
            form.getparent().replace(form, _element("portal/copy_no_form.html", facts))
        for element in page.xpath("//script | //button"):  # a page on disk needs none, and they would fail there
            element.drop_tree()
        self._draw_icons(page)
        for element in page.iter(etree.Element):
            for name in ("href", "src"):
                if name in element.attrib:
                    element.set(name, self._link(sheet, element.get(name)))
        for element in page.xpath("//meta[@http-equiv='refresh']"):
            seconds, _url, way = element.get("content").partition("url=")
            element.set("content", f"{seconds}url={self._link(sheet, way)}")
        skip = page.xpath("count(//body/a[@class='f-skip'])")  # stays the first thing that a keyboard reaches
        page.body.insert(int(skip), _element("portal/copy_banner.html", facts))
        made: bytes = html.tostring(page, encoding="utf-8", doctype="<!doctype html>")
        return made

    def _link(self, sheet: Sheet, value: str) -> str:
        """`value` as seen from the file of `sheet`; by way of the site where the copy does not hold it."""
        if value.startswith("#"):
            return value
        whole = urljoin(self.site + sheet.path, value)
        site, parts = urlsplit(self.site), urlsplit(whole)
        if (parts.scheme, parts.netloc) != (site.scheme, site.netloc):
            return value
        collected = urljoin("/", settings.STATIC_URL)
        if parts.path.startswith(collected):
            name = unquote(parts.path.removeprefix(collected))
            self.static.add(name)
            file = posixpath.join("static", name)
        elif not parts.query and unquote(parts.path) in self.by_path:
            file = self.by_path[unquote(parts.path)].file
        else:
            return whole
        near = posixpath.relpath(file, posixpath.dirname(sheet.file) or ".")
        return near + (f"#{parts.fragment}" if parts.fragment else "")

    def _draw_icons(self, page: html.HtmlElement) -> None:
        """Puts the icons that a page uses into it: browsers take none out of another file on disk."""
        sprite = static(_SPRITE)
        uses = [use for use in page.iter("use") if use.get("href", "").startswith(f"{sprite}#")]
        for use in uses:
            use.set("href", f"#{urlsplit(use.get('href')).fragment}")
        wanted = {use.get("href").removeprefix("#") for use in uses}
        drawn = html.Element("svg", {"hidden": "hidden", "width": "0", "height": "0", "aria-hidden": "true"})
        for symbol in _sprite().iter(f"{_SVG}symbol"):
            if symbol.get("id") in wanted:
                drawn.append(_without_namespace(symbol))
        if wanted:
            page.body.append(drawn)


@cache
def _sprite() -> etree._ElementTree:
    return etree.parse(settings.BASE_DIR / "static" / _SPRITE)


def _without_namespace(element: etree._Element) -> etree._Element:
    plain = html.Element(etree.QName(element).localname, dict(element.attrib))
    for child in element.iterchildren(etree.Element):
        plain.append(_without_namespace(child))
    return plain


def _element(template: str, facts: dict[str, object]) -> html.HtmlElement:
    return html.fragment_fromstring(render_to_string(template, facts).strip())
