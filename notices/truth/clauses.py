"""What is said of one segment: which things, in which clause, in which order."""

from __future__ import annotations

from dataclasses import dataclass

from base.words import PlaceStatus

from .cells import DIRECTIONS, GOODS, Cells, Qualifier, Said

ORDER = (*GOODS, "crew", "nonessential", "essential", "passengers")
SHUT = (PlaceStatus.CLOSED, PlaceStatus.PARTLY_CLOSED)
SLOW = (PlaceStatus.RESTRICTED, PlaceStatus.CONGESTED)


@dataclass(frozen=True)
class Thing:
    """A traffic class in some directions; `other`: other cargo; `besides`: cargo except these classes."""

    name: str
    directions: tuple[str, ...]
    other: bool = False
    besides: tuple[str, ...] = ()

    @property
    def every_direction(self) -> bool:
        return len(self.directions) == len(DIRECTIONS)


@dataclass(frozen=True)
class Spoken:
    """One clause: things that share a status and a qualifier."""

    said: Said
    things: tuple[Thing, ...]

    @property
    def status(self) -> str:
        return self.said.status

    @property
    def qualifier(self) -> Qualifier:
        return self.said.qualifier


Profile = dict[str, Said]  # direction → what is said


def _profile(cells: Cells, traffic: str) -> Profile:
    return {d: cells[d, traffic] for d in DIRECTIONS if (d, traffic) in cells}


def _by_said(profile: Profile) -> dict[Said, tuple[str, ...]]:
    found: dict[Said, tuple[str, ...]] = {}
    for direction, said in profile.items():
        found[said] = (*found.get(said, ()), direction)
    return found


def _goods(cells: Cells) -> list[tuple[Said, Thing]]:
    """Cargo stands for the classes that share its status; the others are named."""
    cargo = _profile(cells, "cargo")
    differ: dict[str, Profile] = {}
    for name in GOODS[1:]:
        own = _profile(cells, name)
        rest = {d: said for d, said in own.items() if cargo.get(d) != said}
        if rest:
            differ[name] = rest
    named = [
        (said, Thing(name, directions))
        for name, profile in differ.items()
        for said, directions in _by_said(profile).items()
    ]
    if not cargo:
        return named
    better = all(
        said.rank > cargo[d].rank
        for profile in differ.values()
        for d, said in profile.items()
        if d in cargo
    )
    shut = all(said.status in SHUT for said in cargo.values())
    if differ and shut and better and len(set(cargo.values())) == 1:
        [(said, directions)] = _by_said(cargo).items()
        spoken = [(other, thing) for other, thing in named if not other.plain_open]
        return [(said, Thing("cargo", directions, besides=tuple(differ))), *spoken]
    main = [
        (said, Thing("cargo", directions, other=bool(differ))) for said, directions in _by_said(cargo).items()
    ]
    return [*main, *named]


def _crew(cells: Cells) -> list[tuple[Said, Thing]]:
    """Crew is named only when worse off than cargo in the same direction, or when there are no goods rows."""
    crew = _profile(cells, "crew")
    any_goods = any(traffic in GOODS for _direction, traffic in cells)
    cargo = _profile(cells, "cargo")
    told = {
        d: said for d, said in crew.items() if not any_goods or d not in cargo or said.rank < cargo[d].rank
    }
    return [(said, Thing("crew", directions)) for said, directions in _by_said(told).items()]


def _travellers(cells: Cells) -> list[tuple[Said, Thing]]:
    """Both classes alike are travellers; plainly open essential ones stay unsaid beside others worse off."""
    essential, other = _profile(cells, "essential_travellers"), _profile(cells, "other_travellers")
    alike = {d: said for d, said in other.items() if essential.get(d) == said}
    alone = {d: said for d, said in other.items() if d not in alike}
    needed = {
        d: said
        for d, said in essential.items()
        if d not in alike and not (said.plain_open and d in other and other[d].rank < said.rank)
    }
    return [
        (said, Thing(name, directions))
        for name, profile in (("passengers", alike), ("nonessential", alone), ("essential", needed))
        for said, directions in _by_said(profile).items()
    ]


def _place(said: Said, things: tuple[Thing, ...]) -> tuple[int, int, int, int, int]:
    """Worst first; within a status those with a qualifier, then by traffic; slowed other cargo after better goods."""
    first = things[0]
    last = first.other and said.status in SLOW
    return (
        int(last),
        said.rank,
        0 if said.qualifier else 1,
        ORDER.index(first.name),
        DIRECTIONS.index(first.directions[0]),
    )


def clauses_of(cells: Cells) -> list[Spoken]:
    """The clauses of one segment, in the order they are said."""
    things = [*_goods(cells), *_crew(cells), *_travellers(cells)]
    slowed = [said for said, thing in things if thing.other and said.status in SLOW]
    worse_goods = [
        said
        for said, thing in things
        if thing.name in GOODS and not thing.other and slowed and said.rank <= min(s.rank for s in slowed)
    ]
    together: dict[tuple[Said, tuple[str, ...]], list[Thing]] = {}
    for said, thing in things:
        together.setdefault((said, thing.besides), []).append(thing)
    spoken = [
        Spoken(said, tuple(sorted(found, key=lambda thing: ORDER.index(thing.name))))
        for (said, _besides), found in together.items()
    ]
    if worse_goods:  # some goods fare worse than the slowed rest: plain order, worst first
        return sorted(spoken, key=lambda clause: _place(clause.said, clause.things)[1:])
    return sorted(spoken, key=lambda clause: _place(clause.said, clause.things))
