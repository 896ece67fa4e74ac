"""The digest that is approved: SHA-256 over everything that decides what anyone reads or who gets it.

Rendered bytes and recipient counts stay out. Every field of the models stands in exactly one of the lists
below; a test fails for a field that stands in none.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db.models import Model

from .models import ImpactRow, Text, Version

SCHEME = 5
FINGERPRINT = 12  # hexadecimal digits that people read and type

VERSION_IN = (
    "status", "msg_type", "severity", "urgency", "certainty", "cause", "contact", "time_zone", "starts_at",
    "ends_at", "reopens_earliest", "reopens_latest", "next_update_at", "sheets", "context_url", "diversion",
    "audience", "crews", "source",
    "publish_at", "number", "action", "correction",
)  # fmt: skip
VERSION_OUT = (
    "id", "uid", "notice", "state", "edit_number", "author", "created_at", "edited_at", "submitted_at",
    "submitted_by", "reason", "decided_at", "decided_by", "issued_at", "replaced_at", "digest", "spoken",
    "publication_id",
)  # fmt: skip
TEXT_IN = ("language", "title", "body", "instruction")
TEXT_OUT = ("id", "version", "truth_line")
ROW_IN = (
    "position", "place", "place_name", "system", "modes", "directions", "traffic", "agency", "status", "qualifier",
    "time_zone", "starts_at", "ends_at", "starts_local", "ends_local",
)  # fmt: skip
ROW_OUT = ("id", "version")
LISTED: dict[type[Model], tuple[tuple[str, ...], tuple[str, ...]]] = {
    Version: (VERSION_IN, VERSION_OUT),
    Text: (TEXT_IN, TEXT_OUT),
    ImpactRow: (ROW_IN, ROW_OUT),
}


def _plain(row: Model, names: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        field = row._meta.get_field(name)
        value = getattr(row, getattr(field, "attname", name))
        values[name] = value.isoformat() if isinstance(value, datetime) else value
    return values


def digest_of(version: Version) -> str:
    """`scheme:hex` of the version as the database holds it now."""
    notice = version.notice
    before = version.notice.versions.filter(number__lt=version.number, state__in=Version.PUBLIC)
    facts = {
        "kind": notice.kind,
        "office": notice.office.code,
        "references": [str(uid) for uid in before.order_by("number").values_list("uid", flat=True)],
        "version": _plain(version, VERSION_IN),
        "texts": [_plain(text, TEXT_IN) for text in version.texts.order_by("language")],
        "rows": [_plain(row, ROW_IN) for row in version.rows.order_by("position")],
    }
    body = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{SCHEME}:{hashlib.sha256(body.encode()).hexdigest()}"


def fingerprint(version: Version) -> str:
    """The first signs of the digest, as a sheet of paper shows them: "9f2c 41ab 77d0"."""
    digits = version.digest.partition(":")[2]
    return " ".join(digits[at : at + 4] for at in range(0, FINGERPRINT, 4))
