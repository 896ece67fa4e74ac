"""Members of a list written by the thousand, one statement each; who leaves in the same moment stays out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection

from delivery import addresses

from .models import ImportRun
from .plans import TOLD, Plan
from .roster import Member

_COLUMNS = ", ".join(TOLD)
_READ = ", ".join(f"r.{name}" for name in TOLD)
_ADD = f"""
INSERT INTO contacts_membership ({_COLUMNS}, member_list_id, address_id, state, state_at, run_id)
SELECT {_READ}, %(list)s, r.address_id, 'active', %(now)s, %(run)s
FROM jsonb_populate_recordset(NULL::contacts_membership, %(rows)s::jsonb) r
ON CONFLICT (member_list_id, address_id, company_key) DO NOTHING
"""  # noqa: S608
_CHANGE = f"""
UPDATE contacts_membership m
SET ({_COLUMNS}) = ROW ({_READ}),
    state = CASE m.state WHEN 'removed' THEN 'active' ELSE m.state END,
    state_at = CASE m.state WHEN 'removed' THEN %(now)s ELSE m.state_at END
FROM jsonb_populate_recordset(NULL::contacts_membership, %(rows)s::jsonb) r
WHERE m.id = r.id AND m.member_list_id = %(list)s
"""  # noqa: S608
_REMOVE = """
UPDATE contacts_membership SET state = 'removed', state_at = %(now)s
WHERE id = ANY(%(ids)s) AND member_list_id = %(list)s AND state = 'active'
"""
_KEEP = """
UPDATE contacts_importrun SET before = (
    SELECT coalesce(jsonb_agg(to_jsonb(m)), '[]') FROM contacts_membership m WHERE m.id = ANY(%(ids)s)
) WHERE id = %(run)s
"""
_RESTORE = f"""
WITH rows AS (
    SELECT r.*, m.state IN ('left', 'suspended') OR EXISTS (
        SELECT 1 FROM contacts_refusal x WHERE x.address_id = m.address_id
        AND (x.member_list_id IS NULL OR x.member_list_id = m.member_list_id)
    ) AS stays_out
    FROM contacts_importrun run, jsonb_populate_recordset(NULL::contacts_membership, run.before) r
    JOIN contacts_membership m ON m.id = r.id
    WHERE run.id = %(run)s AND m.member_list_id = %(list)s
)
UPDATE contacts_membership m
SET ({_COLUMNS}) = ROW ({_READ}),
    state = CASE WHEN r.stays_out THEN m.state ELSE r.state END,
    state_at = CASE WHEN r.stays_out THEN m.state_at ELSE r.state_at END
FROM rows r WHERE m.id = r.id
"""  # noqa: S608


def store(plan: Plan, run: ImportRun, *, now: datetime, remove_gone: bool) -> None:
    """Writes what `plan` says and keeps in `run` how the rows were before."""
    changed = [(entry.known, entry) for entry in (*plan.add, *plan.change) if entry.known is not None]
    gone = [known.pk for known in plan.gone] if remove_gone else []
    _execute(_KEEP, run, now, ids=[known.pk for known, _entry in changed] + gone)
    fresh = [entry for entry in plan.add if entry.known is None]
    ids = addresses.get_or_create_many(entry.member.email for entry in fresh)
    rows = [
        entry.values | _consent(entry.member, run, now) | {"address_id": ids[entry.member.key]} for entry in fresh
    ]
    _execute(_ADD, run, now, rows=_json(rows))
    rows = [known.values | entry.values | {"id": known.pk} for known, entry in changed]
    _execute(_CHANGE, run, now, rows=_json(rows))
    _execute(_REMOVE, run, now, ids=gone)


def restore(run: ImportRun, *, now: datetime) -> dict[str, int]:
    """Makes the rows of a list as they were before `run`; who has left meanwhile stays out. How many of each."""
    removed = _execute("DELETE FROM contacts_membership WHERE run_id = %(run)s", run, now)
    return {"removed": removed, "restored": _execute(_RESTORE, run, now)}


def refresh_statistics() -> None:
    """The planner meets a list of thousands before the server's own analysis does: a notice may go out at once."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_membership, delivery_address")


def _consent(member: Member, run: ImportRun, now: datetime) -> dict[str, Any]:
    return {"consent_basis": member.consent_basis or run.ground, "consent_at": member.consent_at or now}


def _json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, default=str, ensure_ascii=False)


def _execute(sql: str, run: ImportRun, now: datetime, **facts: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"run": run.pk, "list": run.member_list_id, "now": now, **facts})
        return int(cursor.rowcount)
