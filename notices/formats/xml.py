"""Elements of an XML document, in the namespace of what they stand in and without signs that XML cannot hold."""

from __future__ import annotations

import re

from lxml import etree

# What XML 1.0 (2.2, Char) has no place for, also not in old records.
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def root(namespace: str, tag: str) -> etree._Element:
    return etree.Element(f"{{{namespace}}}{tag}", nsmap={None: namespace})


def add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{tag}", attrib=attributes)
    if text:
        element.text = _NO_XML.sub("", text)
    return element


def written(root: etree._Element) -> bytes:
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return document
