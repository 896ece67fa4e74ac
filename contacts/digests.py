"""Who is due a digest, what of the news is new to whom and why, and the cursor that moves as it is opened.

Knows no notice: the newspaper asks who is due, shows its news as facets, and hands over the sealed text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from babel import Locale
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from base.words import Lane
from delivery import outbox, tasks
from delivery.models import Publication
from delivery.sealed import Sealed

from .audience import REACHED, Facets, follows
from .models import Place, Subscription
from .rhythm import Choice, awake, next_due
from .speaking import GREETINGS

# What was issued so long before the last look is looked at again, for what was committed late, or held, or expanded
# after its reader had chosen digests. Whoever was told is not told again.
OVERLAP = timedelta(hours=24)
LIFE = timedelta(hours=72)  # a digest is tried for so long: over a week-end, and none follows while no mail leaves
PUT_OFF = timedelta(minutes=5)
AT_A_TIME = 50  # pieces of news in one statement


@dataclass(frozen=True)
class News:
    """Something that may be new to a reader since `at`.

    `earlier`: publications of what it replaces, whose readers hear of it whatever they follow. `told_by`: those that
    told it. `by_time`: nobody did anything, an hour came; whoever hears at once expects no mail of that.
    """

    facets: Facets
    at: datetime
    earlier: tuple[int, ...] = ()
    told_by: tuple[int, ...] = ()
    by_time: bool = False


@dataclass(frozen=True)
class Why:
    """For what a reader hears of it: what they follow of it, or because they had what it replaces."""

    places: frozenset[int] = frozenset()
    countries: frozenset[str] = frozenset()
    everything: bool = False
    had_earlier: bool = False

    def __or__(self, other: Why) -> Why:
        return Why(
            self.places | other.places,
            self.countries | other.countries,
            self.everything or other.everything,
            self.had_earlier or other.had_earlier,
        )


@dataclass
class Reader:
    """One mailbox with all its subscriptions that are due; `heard`: position of the news → why."""

    address_id: int
    language: str
    subscriptions: list[Subscription] = field(default_factory=list)
    heard: dict[int, Why] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        """From when on what is new to it begins."""
        return min(since for one in self.subscriptions if (since := one.digest_since or one.confirmed_at))


def due(*, now: datetime, at_most: int) -> list[Reader]:
    """Those whose hour has come. Where it came long ago, because nothing ran, there is still one digest."""
    waiting = Subscription.objects.filter(state=Subscription.State.CONFIRMED, digest_due_at__lte=now)
    first = waiting.order_by("address_id").values("address_id").distinct()[:at_most]
    found: dict[int, Reader] = {}
    asleep = []
    for one in waiting.filter(address_id__in=first).order_by("pk"):
        morning = awake(one.choice, now)
        if morning > now:
            asleep.append((one, morning))
        else:
            found.setdefault(one.address_id, Reader(one.address_id, one.language)).subscriptions.append(one)
    _move(asleep, looked_at=None)
    return list(found.values())


_MOVE = """
UPDATE contacts_subscription s SET digest_due_at = n.next, digest_since = coalesce(%s::timestamptz, s.digest_since)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS n (id, due, next)
WHERE s.id = n.id AND s.digest_due_at = n.due AND s.state = 'confirmed' RETURNING s.address_id
"""


def _move(steps: Sequence[tuple[Subscription, datetime | None]], *, looked_at: datetime | None) -> list[int]:
    """Moves cursors to where they are next due; the addresses of those that nobody else moved in between."""
    if not steps:
        return []
    rows = [(one.pk, one.digest_due_at, then) for one, then in steps]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [looked_at, *(list(column) for column in zip(*rows, strict=True))])
        return sorted({address for (address,) in cursor.fetchall()})


def move_on(readers: Iterable[Reader], *, now: datetime) -> list[int]:
    """Moves the cursors of these readers; alone it is for those to whom nothing is new: no mail."""
    steps = [(one, next_due(one.choice, now)) for reader in readers for one in reader.subscriptions]
    return _move(steps, looked_at=now)


def put_off(readers: Iterable[Reader], *, now: datetime) -> None:
    """Lets them come again a little later, with nothing lost: making their digest failed."""
    _move([(one, now + PUT_OFF) for reader in readers for one in reader.subscriptions], looked_at=None)


def open_for(readers: Sequence[Reader], *, message: Sealed, now: datetime) -> Publication | None:
    """One digest for all of them, in one transaction with their cursors; None if others had sent it meanwhile."""
    with transaction.atomic():
        addresses = move_on(readers, now=now)
        if not addresses:
            return None
        publication = outbox.open(
            key=f"digest:{now:%Y%m%dT%H%M%S%f}:{min(one.pk for reader in readers for one in reader.subscriptions)}",
            lane=Lane.DIGEST,
            messages=[message],
            audience={"digest": len(addresses)},
            give_up_at=now + LIFE,
            now=now,
        )
        language = message.language
        these = _these(addresses, language)
        while outbox.enlist(publication.pk, people=lambda _p: these, official_language=language, now=now) is not None:
            pass
        transaction.on_commit(lambda: tasks.wake(Lane.DIGEST))
    return publication


def _these(addresses: list[int], language: str) -> outbox.People:
    _before, _after, greeting = GREETINGS.get(language, GREETINGS["en"])

    def chunk(after: int, upto: int) -> tuple[str, Sequence[Any]]:
        return (
            "SELECT one.id AS address_id, %s::text AS language, %s::text AS greeting, ''::text AS variant, '' AS why"
            " FROM unnest(%s::bigint[]) AS one (id) WHERE one.id > %s AND one.id <= %s",
            [language, greeting, addresses, after, upto],
        )

    return chunk


# --- What is new to whom ------------------------------------------------------------------------------------------

_DUE = """
WITH due AS MATERIALIZED (
    SELECT s.id, s.address_id, s.places, s.countries, s.modes, s.traffic, s.least_severity, s.rhythm, s.digest_since,
           greatest(s.digest_since - make_interval(secs => %s), s.confirmed_at) AS since
    FROM contacts_subscription s JOIN delivery_address a ON a.id = s.address_id
    WHERE s.id = ANY(%s::bigint[]) AND a.suppressed_at IS NULL AND a.channel = 'email'
      AND NOT EXISTS (SELECT 1 FROM contacts_refusal x WHERE x.address_id = s.address_id
                      AND x.member_list_id IS NULL AND x.at >= s.confirmed_at))
"""
# IN and NOT IN: each is one hash table, however wrong the estimate for publications of this minute.
_NEW = """
SELECT %s::int, s.id, s.fits, s.had,
       ARRAY(SELECT unnest(s.places) INTERSECT SELECT unnest(%s::bigint[])),
       ARRAY(SELECT unnest(s.countries) INTERSECT SELECT unnest(%s::varchar[]))
FROM (SELECT s.*, ({follows}) AS fits, s.address_id IN (
          SELECT d.address_id FROM delivery_delivery d WHERE d.publication_id = ANY(%s::bigint[])
          AND d.address_id BETWEEN %s AND %s AND (d.state = ANY(%s::text[]) OR d.twice)) AS had
      FROM due s WHERE {window}) s
WHERE (s.fits OR s.had) AND s.address_id NOT IN (
    SELECT d.address_id FROM delivery_delivery d WHERE d.publication_id = ANY(%s::bigint[])
    AND d.address_id BETWEEN %s AND %s AND d.state <> 'too_late')
"""
_ISSUED = "%s > s.since"
_CAME = "%s > s.digest_since AND s.rhythm <> 'at_once'"


def tell(readers: Sequence[Reader], news: Sequence[News]) -> None:
    """Fills in what each of them hears, matched as for sending, each piece of news once with every reason."""
    by_subscription = {one.pk: reader for reader in readers for one in reader.subscriptions}
    between = [pick((reader.address_id for reader in readers), default=0) for pick in (min, max)]
    for position, pk, fits, had, places, countries in _new(list(by_subscription), between, news):
        why = Why(frozenset(places), frozenset(countries), bool(fits and not places and not countries), bool(had))
        heard = by_subscription[pk].heard
        heard[position] = heard.get(position, Why()) | why


def _new(subscriptions: list[int], between: list[int], news: Sequence[News]) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(news), AT_A_TIME):
        arms: list[str] = []
        parameters: list[Any] = [OVERLAP.total_seconds(), subscriptions]
        for position, one in enumerate(news[start : start + AT_A_TIME], start):
            condition, values = follows(one.facets) or ("false", [])
            arms.append(_NEW.format(follows=condition, window=_CAME if one.by_time else _ISSUED))
            places = [row.place for row in one.facets.rows if row.place is not None]
            countries = [row.country for row in one.facets.rows if row.country]
            had = [list(one.earlier), *between, [str(state) for state in REACHED]]
            parameters += [position, places, countries, *values, *had, one.at, list(one.told_by), *between]
        with connection.cursor() as cursor:
            cursor.execute(_DUE + " UNION ALL ".join(arms), parameters)
            yield from cursor.fetchall()


def alike(readers: Iterable[Reader]) -> dict[tuple[Any, ...], list[Reader]]:
    """Those who get the same digest: the same news for the same reasons, in the same language."""
    found: dict[tuple[Any, ...], list[Reader]] = defaultdict(list)
    for reader in readers:
        found[reader.language, frozenset(reader.heard.items())].append(reader)
    return found


def reason(why: Why, language: str) -> str:
    """Why they hear of it, as they read it."""
    with translation.override(language):
        names = sorted(place.name_in(language) for place in Place.objects.filter(pk__in=why.places))
        lands = Locale.parse(language).territories
        names += sorted(lands.get(land, land) for land in why.countries)
        if why.everything:
            names.append(_("every place"))
        if not names:
            return _("You had what it replaces.")
        return _("You follow: %(what)s.") % {"what": ", ".join(names)}


def changed(before: Subscription, choice: Choice, *, now: datetime) -> dict[str, Any]:
    """The fields that follow from another choice; who turns to hearing at once gets now what was kept back."""
    if choice == before.choice:
        return {}
    kept_back = before.digest_due_at is not None
    return {
        "digest_since": before.digest_since if kept_back else now,
        "digest_due_at": now if kept_back and choice.at_once else next_due(choice, now),
    }
