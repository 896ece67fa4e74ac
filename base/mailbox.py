"""A mail address as people type it, as it is compared, and what is wrong with it."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

MAX_LENGTH = 254
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def clean(text: str) -> str:
    """`text` without what nobody sees: blanks around it, zero-width and direction marks, control characters."""
    if text.isprintable():
        return text.strip()
    seen = "".join(" " if char.isspace() else char for char in text)
    return "".join(char for char in seen if unicodedata.category(char) not in ("Cf", "Cc")).strip()


def unwrap(text: str) -> str:
    """The address inside `mailto:…` or `Name <…>`; anything else comes back as it is."""
    text = re.sub(r"^mailto:", "", text, flags=re.I)
    if match := re.fullmatch(r"[^<>]*<([^<>@]+@[^<>@]+)>", text):
        return match[1].strip()
    return text


def key(address: str) -> str:
    """What the address is compared and sent by: small letters, domain in its ASCII form (IDNA 2008 A-labels)."""
    local, _at, domain = address.rpartition("@")
    return f"{local.casefold()}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """A-label form; ß and ς keep their own code point, as registries have it since IDNA 2008."""
    if domain.isascii():
        return domain.lower()
    folded = unicodedata.normalize("NFKC", domain.replace("。", ".")).lower()
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in folded.split(".")
    )


def problem(address: str) -> str | None:
    """Why the address cannot be written to, in words for the person who typed it; None if it can."""
    if not address:
        return _("No e-mail address")
    if "@" not in address:
        return _("Not an e-mail address: no @ sign")
    if " " in address:
        return _("Not an e-mail address: a blank inside")
    if re.search(r"[;,]", address):
        return _("More than one address in one cell")
    if address.count("@") > 1:
        return _("Not an e-mail address: two @ signs")
    local, _at, domain = address.rpartition("@")
    if not local.isascii():
        return _("Letters before the @ sign that mail systems do not take")
    if not _LOCAL.fullmatch(local) or len(local) > 64 or len(address) > MAX_LENGTH:
        return _("Not an e-mail address: the part before the @ sign")
    labels = ascii_domain(domain).split(".")
    letters = domain.isascii() or all(unicodedata.category(char)[0] in "LMN" or char in "-." for char in domain)
    if len(labels) < 2 or not letters or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return _("Not an e-mail address: the domain after the @ sign")
    return None
