"""Facets → addresses: one statement answers the count before the decision and the sending after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from base.words import SEVERITY_RANK, MsgType, Sector, Severity
from delivery.outbox import People
from delivery.states import State

from . import speaking
from .models import Organisation, Subscription

EVERYBODY = 2**62  # no address has such an id
# Stand among the parameters for the ids between which a chunk looks, since only they differ from chunk to chunk.
AFTER, UPTO = object(), object()
# Who may have read an earlier version must hear of its change, whatever the change concerns.
REACHED = (State.UNCERTAIN, State.ACCEPTED, State.DELIVERED)


@dataclass(frozen=True)
class Row:
    """One impact row as the audience sees it. `place` None: a place without a code, or a system."""

    place: int | None
    modes: tuple[str, ...]
    traffic: tuple[str, ...]
    country: str | None = None


@dataclass(frozen=True)
class Facets:
    """Who should hear of a version. Rows are matched one by one; severity and message type apply to all.

    `earlier`: publications of earlier versions. `relayed_by`: association id → name of the message variant with its
    own words ("" for none). `drill` stays away from live lists. `lists` narrows to these member lists, if not None.
    `aeo` and `sectors` narrow to what only a member list can tell: followers, of whom neither is known, stay out.
    Unless it is `urgent`, followers who chose digests stay out, and those whose quiet hours it is at the moment `at`.
    """

    rows: tuple[Row, ...]
    severity: str
    msg_type: str = MsgType.ALERT
    earlier: tuple[int, ...] = ()
    relayed_by: tuple[tuple[int, str], ...] = ()
    drill: bool = False
    lists: tuple[int, ...] | None = None
    aeo: bool = False
    sectors: tuple[str, ...] = ()
    urgent: bool = True
    at: datetime | None = None

    @property
    def narrowed(self) -> bool:
        return self.aeo or bool(self.sectors)

    @classmethod
    def from_json(cls, audience: dict[str, Any], *, at: datetime | None = None) -> Facets:
        """From `Publication.audience`, as `notices.facets` writes it; `at`: when it goes out."""
        lists = audience.get("lists")
        return cls(
            rows=tuple(
                Row(row["place"], tuple(row["modes"]), tuple(row["traffic"]), row.get("country"))
                for row in audience.get("rows", ())
            ),
            severity=audience.get("severity", Severity.MINOR),
            msg_type=audience.get("msg_type", MsgType.ALERT),
            earlier=tuple(audience.get("earlier", ())),
            relayed_by=tuple((relay["association"], relay["variant"]) for relay in audience.get("relayed_by", ())),
            drill=bool(audience.get("drill")),
            lists=None if lists is None else tuple(lists),
            aeo=bool(audience.get("aeo")),
            sectors=tuple(audience.get("sectors", ())),
            urgent=bool(audience.get("urgent", True)),
            at=at,
        )


def relayed(audience: dict[str, Any], *, association_id: int, variant: str = "") -> dict[str, Any]:
    """`audience` with one more association; relayed twice, the first relay's words stay. For `outbox.reopen`."""
    relays = list(audience.get("relayed_by", ()))
    if association_id not in {relay["association"] for relay in relays}:
        relays.append({"association": association_id, "variant": variant})
    return audience | {"relayed_by": relays}


# --- The statement ------------------------------------------------------------------------------------------------

_WILLING = """m.state = 'active'
  AND NOT EXISTS (SELECT 1 FROM contacts_refusal x WHERE x.address_id = m.address_id
                  AND (x.member_list_id IS NULL OR x.member_list_id = m.member_list_id))"""
_MEMBERS = f"""
SELECT m.address_id, m.language, m.contact AS name, coalesce(r.variant, '') AS variant, 1 AS rank, m.id,
       l.association_id, NULL::text AS greeting,
       l.name || ' (' || coalesce(o.names ->> m.language, o.names ->> 'en', o.code) || ')' AS list
FROM contacts_membership m
JOIN contacts_memberlist l ON l.id = m.member_list_id
JOIN contacts_organisation o ON o.id = l.association_id
LEFT JOIN unnest(%s::bigint[], %s::text[]) AS r (association_id, variant) ON r.association_id = l.association_id
WHERE m.address_id > %s AND m.address_id <= %s AND ({{rows}})
  AND (l.way = 'direct' OR l.direct_from = ANY(%s::text[]) OR r.association_id IS NOT NULL)
  AND {_WILLING}
"""  # noqa: S608 - made of constants
_SUBSCRIBERS = """
SELECT s.address_id, s.language, '', '', 0, s.id, NULL::bigint, NULL::text, NULL::text
FROM contacts_subscription s
WHERE s.state = 'confirmed' AND s.address_id > %s AND s.address_id <= %s AND {follows}
  AND NOT EXISTS (SELECT 1 FROM contacts_refusal x WHERE x.address_id = s.address_id
                  AND x.member_list_id IS NULL AND x.at >= s.confirmed_at)
"""
# Who hears later: in a digest, or when the quiet hours end.
_LATER = """(s.rhythm <> 'at_once' OR EXISTS (
    SELECT 1 FROM unnest(%s::text[], %s::int[], %s::int[]) AS q (zone, quiet_from, quiet_to)
    WHERE q.zone = s.time_zone AND q.quiet_from = s.quiet_from AND q.quiet_to = s.quiet_to))"""
_EARLIER = """
SELECT d.address_id, t.language, '', '', 2, d.id, NULL::bigint, d.greeting, NULL::text
FROM delivery_delivery d
JOIN delivery_message t ON t.id = d.message_id
JOIN delivery_publication p ON p.id = d.publication_id
WHERE d.publication_id = ANY(%s::bigint[]) AND d.address_id > %s AND d.address_id <= %s
  AND (d.state = ANY(%s::text[]) OR d.twice OR d.state = 'pending' AND EXISTS (
       SELECT 1 FROM delivery_batch b WHERE b.publication_id = d.publication_id AND b.number = d.batch_number
       AND d.position <= b.wire_to))
  AND NOT EXISTS (SELECT 1 FROM contacts_refusal x WHERE x.address_id = d.address_id AND x.at >= p.created_at)
  AND NOT EXISTS (SELECT 1 FROM contacts_subscription s WHERE s.address_id = d.address_id
                  AND s.state = 'left' AND s.left_at >= p.created_at)
"""
_NOT_BY_DIGEST = f"""
  AND NOT EXISTS (SELECT 1 FROM contacts_subscription s WHERE s.address_id = d.address_id
                  AND s.state = 'confirmed' AND {_LATER})
"""  # noqa: S608 - made of constants
# Every notice is public, so that a machine of anybody's hears all of them.
_MACHINES = """
SELECT e.address_id, c.language, '', '', 3, c.id, NULL::bigint, NULL::text, NULL::text
FROM contacts_connection c JOIN delivery_endpoint e ON e.id = c.endpoint_id
WHERE e.address_id > %s AND c.removed_at IS NULL AND (c.exercises OR NOT %s)
"""
_REACHABLE = """
SELECT q.* FROM ({arms}) q JOIN delivery_address a ON a.id = q.address_id
WHERE a.suppressed_at IS NULL AND {channel}
"""
BY_MAIL, BY_TEXT, ANY_WAY = "a.channel = 'email'", "a.channel = 'sms'", "true"
_PEOPLE = """
SELECT address_id, language, coalesce(nullif(greeting, ''), CASE {greetings} END) AS greeting, variant,
       CASE {reasons} END AS why FROM (
    SELECT DISTINCT ON (address_id) address_id, {language} AS language, variant, greeting, rank,
           left(regexp_replace(btrim(name), '\\s+', ' ', 'g'), 120) AS name,
           array_agg(list) FILTER (WHERE list IS NOT NULL) OVER (
               PARTITION BY address_id ORDER BY rank, id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
           ) AS lists
    FROM ({reachable}) z ORDER BY address_id, rank, id
) one ORDER BY address_id
"""


def _between(parameters: Iterable[Any], after: int, upto: int) -> list[Any]:
    """The parameters of the statement for the addresses with `after` < id ≤ `upto`."""
    return [after if one is AFTER else upto if one is UPTO else one for one in parameters]


def _everybody(facets: Facets) -> tuple[str, list[Any]]:
    """Every reason to write by mail to somebody, wherever in the book."""
    sql, parameters = _matched(facets, BY_MAIL)
    return sql, _between(parameters, 0, EVERYBODY)


def _matched(facets: Facets, channel: str) -> tuple[str, list[Any]]:
    """Every reason to write to somebody with an address id in AFTER < id ≤ UPTO; a person may have several."""
    arms: list[str] = []
    parameters: list[Any] = []
    rows, row_parameters = _rows(facets, subscriptions=False)
    quiet = [] if facets.urgent else _quiet(facets.at)
    if not rows:
        arms.append(_MEMBERS.format(rows="false"))  # names the columns
        parameters += [[], [], AFTER, UPTO, []]
    else:
        arms.append(_MEMBERS.format(rows=rows))
        associations, variants = [pk for pk, _words in facets.relayed_by], [words for _pk, words in facets.relayed_by]
        parameters += [associations, variants, AFTER, UPTO, *row_parameters, _no_milder(facets.severity)]
        if facets.aeo:
            arms[-1] += " AND m.is_aeo"
        if facets.sectors:
            arms[-1] += " AND l.association_id = ANY(%s::bigint[])"
            parameters.append(_of_sectors(facets.sectors))
        if facets.lists is not None:
            arms[-1] += " AND m.member_list_id = ANY(%s::bigint[])"
            parameters.append(list(facets.lists))
    if followed := follows(facets):
        arms.append(_SUBSCRIBERS.format(follows=followed[0]))
        parameters += [AFTER, UPTO, *followed[1]]
        if not facets.urgent:
            arms[-1] += f" AND NOT {_LATER}"
            parameters += quiet
    if facets.earlier:
        arms.append(_EARLIER)
        parameters += [list(facets.earlier), AFTER, UPTO, [str(state) for state in REACHED]]
        if not facets.urgent:
            arms[-1] += _NOT_BY_DIGEST
            parameters += quiet
    if channel == ANY_WAY:
        arms.append(_MACHINES)
        parameters += [AFTER, facets.drill]
    sql = _REACHABLE.format(arms=" UNION ALL ".join(arms), channel=channel)
    if facets.drill and facets.lists is None:
        # An exercise never reaches a live list: nobody receives mail under .invalid (RFC 2606).
        sql += " AND (a.channel = 'webhook' OR a.key LIKE %s)"
        parameters.append("%.invalid")
    return sql, parameters


def follows(facets: Facets) -> tuple[str, list[Any]] | None:
    """The condition under which a subscription `s` is about it; None where it is for no follower at all."""
    rows, parameters = _rows(facets, subscriptions=True)
    if not rows or facets.lists is not None or facets.narrowed:
        return None
    return f"s.least_severity = ANY(%s::text[]) AND ({rows})", [_no_milder(facets.severity), *parameters]


def _quiet(at: datetime | None) -> list[list[Any]]:
    """The quiet hours that it is `at`, for `_LATER`: zones, and from which hour to which."""
    found = Subscription.objects.quiet(at) if at else []
    return [[one.time_zone for one in found], [one.quiet_from for one in found], [one.quiet_to for one in found]]


def _of_sectors(sectors: Sequence[str]) -> list[int]:
    """Associations of one of these sectors; one that names none, or all, is of every sector."""
    meant = Q(sectors__overlap=[*sectors, Sector.SECTOR_AGNOSTIC]) | Q(sectors=[])
    return list(Organisation.objects.associations().filter(meant).values_list("pk", flat=True))


def _no_milder(severity: str) -> list[str]:
    """The thresholds that a notice of this severity reaches."""
    return [str(one) for one in Severity if SEVERITY_RANK[one] >= SEVERITY_RANK[Severity(severity)]]


def _rows(facets: Facets, *, subscriptions: bool) -> tuple[str, list[Any]]:
    """One condition a row; rows that differ in the place alone share theirs. An empty choice means every one."""
    grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Row]] = {}
    for row in facets.rows:
        grouped.setdefault((tuple(sorted(row.modes)), tuple(sorted(row.traffic))), []).append(row)
    conditions: list[str] = []
    parameters: list[Any] = []
    for (modes, traffic), alike in grouped.items():
        places = sorted({row.place for row in alike if row.place is not None})
        countries = sorted({row.country for row in alike if row.country})
        if subscriptions:
            conditions.append(
                "((s.places = '{}' AND s.countries = '{}')"
                " OR s.places && %s::bigint[] OR s.countries && %s::varchar[])"
                " AND (s.modes = '{}' OR s.modes && %s::varchar[])"
                " AND (s.traffic = '{}' OR s.traffic && %s::varchar[])"
            )
            parameters += [places, countries, list(modes), list(traffic)]
        else:
            conditions.append(
                "(m.places = '{}' OR m.places && %s::bigint[]) AND (m.modes = '{}' OR m.modes && %s::varchar[])"
            )
            parameters += [places, list(modes)]
    return " OR ".join(f"({condition})" for condition in conditions), parameters


def people(facets: Facets, channel: str = ANY_WAY) -> People:
    """What `delivery.outbox.enlist` asks for: (after this address id, up to that one) → SQL of one row a person.

    A person's own subscription decides the language, then the oldest membership, then what was sent before.
    """

    reachable, parameters = _matched(facets, channel)
    sql = _PEOPLE.format(reachable=reachable, **speaking.CASES)

    def chunk(after: int, upto: int) -> tuple[str, Sequence[Any]]:
        return sql, _between(parameters, after, upto)

    return chunk


# --- Counting -----------------------------------------------------------------------------------------------------


def count(facets: Facets) -> int:
    """People, each once, however many reasons there are to write to them."""
    sql, parameters = _everybody(facets)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(DISTINCT address_id) FROM ({sql}) z", parameters)  # noqa: S608
        (number,) = cursor.fetchone()
    return int(number)


def is_anybody(facets: Facets) -> bool:
    """Whether there is one person at all; counting a million takes seconds, finding one does not."""
    sql, parameters = _everybody(facets)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({sql})", parameters)
        (found,) = cursor.fetchone()
    return bool(found)


def is_concerned(facets: Facets, address_id: int) -> bool:
    """Whether there is any reason to write to this address."""
    sql, parameters = people(facets)(address_id - 1, address_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM ({sql}) z WHERE address_id = %s)",  # noqa: S608
            [*parameters, address_id],
        )
        (found,) = cursor.fetchone()
    return bool(found)


def count_by_text(facets: Facets) -> int:
    """Telephones that get a text message."""
    sql, parameters = people(facets, BY_TEXT)(0, EVERYBODY)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) z", parameters)  # noqa: S608
        (number,) = cursor.fetchone()
    return int(number)


def with_every_follower(facets: Facets) -> Facets:
    """The same, as if it were urgent: with whoever hears of it later, in a digest or after quiet hours."""
    return replace(facets, urgent=True)


def with_every_relay(facets: Facets) -> Facets:
    """The same, as if every association had relayed: who is concerned at all."""
    known = dict(facets.relayed_by)
    every = Organisation.objects.associations().values_list("pk", flat=True)
    return replace(facets, relayed_by=tuple((pk, known.get(pk, "")) for pk in every))


def by_language(facets: Facets) -> dict[str, int]:
    """People by the language they would be written to in."""
    sql, parameters = people(facets, BY_MAIL)(0, EVERYBODY)
    return _tally(f"SELECT language, count(*) FROM ({sql}) z GROUP BY 1", parameters)  # noqa: S608


def by_association(facets: Facets) -> dict[str, int]:
    """People by the code of the association that keeps them; who is kept twice counts for both."""
    sql, parameters = _everybody(facets)
    return _tally(
        f"SELECT o.code, count(DISTINCT z.address_id) FROM ({sql}) z"  # noqa: S608
        " JOIN contacts_organisation o ON o.id = z.association_id GROUP BY 1",
        parameters,
    )


@dataclass(frozen=True)
class Concern:
    """Members of one association whom a version concerns; `waiting`: those whom none of its lists reaches yet."""

    members: int = 0
    waiting: int = 0


_OWN = f"""
WITH own AS MATERIALIZED (
    SELECT m.address_id, m.places, m.modes, m.is_aeo, l.way, l.direct_from
    FROM contacts_membership m JOIN contacts_memberlist l ON l.id = m.member_list_id
    JOIN delivery_address a ON a.id = m.address_id
    WHERE l.association_id = %s AND a.suppressed_at IS NULL AND a.channel = 'email' AND {_WILLING})
"""  # noqa: S608 - made of constants
_CONCERNED = """
SELECT %s::int, count(*), count(*) FILTER (WHERE NOT direct) FROM (
    SELECT m.address_id, bool_or(m.way = 'direct' OR m.direct_from = ANY(%s::text[])) AS direct
    FROM own m WHERE ({rows}) AND (m.is_aeo OR NOT %s) GROUP BY m.address_id) one HAVING count(*) > 0
"""


def concerned(versions: Sequence[Facets], association_id: int) -> list[Concern]:
    """How many members of one association each version concerns, matched as for sending: one query for all."""
    arms: list[str] = []
    parameters: list[Any] = [association_id]
    for position, facets in enumerate(versions):
        rows, row_parameters = _rows(facets, subscriptions=False)
        if rows and (not facets.sectors or association_id in _of_sectors(facets.sectors)):
            arms.append(_CONCERNED.format(rows=rows))
            parameters += [position, _no_milder(facets.severity), *row_parameters, facets.aeo]
    found: dict[int, Concern] = {}
    if arms:
        with connection.cursor() as cursor:
            cursor.execute(_OWN + " UNION ALL ".join(arms), parameters)
            found = {position: Concern(members, waiting) for position, members, waiting in cursor.fetchall()}
    return [found.get(position, Concern()) for position in range(len(versions))]


def _tally(sql: str, parameters: Iterable[Any]) -> dict[Any, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return dict(cursor.fetchall())
