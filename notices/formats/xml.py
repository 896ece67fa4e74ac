"""Elements of an XML document, in the namespace of what they stand in and without signs that XML cannot hold."""

from __future__ import annotations

from lxml import etree

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def root(namespace: str, tag: str) -> etree._Element:
    return etree.Element(f"{{{namespace}}}{tag}", nsmap={None: namespace})


def add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{tag}", attrib=attributes)
    if text:
        # XML 1.0 has no place for most control characters, also not in old records.
        element.text = "".join(sign for sign in text if sign in "\n\t" or ord(sign) >= 32)
    return element


def written(root: etree._Element) -> bytes:
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return document
