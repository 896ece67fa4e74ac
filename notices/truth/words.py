"""The words of the truth line in each language: data, and the three ways to join them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Noun = tuple[str, ...]


def _join(items: Sequence[str], last: str) -> str:
    """a, b and c; a comma before the last word when an item holds one of its own."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])}{last}{items[-1]}"


@dataclass(frozen=True)
class Speech:
    """One language. `towards` joins an opening to its first noun; `articles` stand before a noun by the same keys."""

    modes: dict[str, str]
    traffic: dict[str, Noun]
    crew: dict[str, str]
    limits: dict[str, str]
    values: dict[str, str]
    openings: dict[str, str]
    tails: dict[str, str]
    days: dict[str, str]
    goods_directions: dict[str, str]
    people_directions: dict[str, str]
    other_cargo: str
    besides: str
    joiner: str
    colon: str
    count: str
    withdrawn: str
    exercise: str
    open_hours: str
    other_hours: str
    hour: Callable[[str], str]
    articles: dict[str, str]
    direction_first: bool
    towards: dict[str, str]


def _colon_hour(text: str) -> str:
    return text


def _french_hour(text: str) -> str:
    hours, minutes = text.split(":")
    return f"{int(hours)} h" if minutes == "00" else f"{int(hours)} h {minutes}"


ENGLISH = Speech(
    modes={
        "maritime": "sea", "air": "air", "road": "road", "rail": "rail",
        "inland_waterway": "inland waterway", "post": "post",
    },
    traffic={
        "cargo": ("cargo",), "empties": ("empties",), "relief": ("essential goods",),
        "live_perishable": ("perishables", "live animals"), "passengers": ("travellers",),
        "nonessential": ("non-essential travellers",), "essential": ("essential travellers",),
    },
    crew={"road_only": "drivers", "no_road": "crews", "mixed": "crews and drivers"},
    limits={
        "appointment": "by appointment", "priority": "priority goods first", "daylight": "daylight only",
        "paper": "paper procedure", "one_lane": "one lane", "one_berth": "one berth",
        "berth_shut": "one quay shut", "escort": "in convoy", "health_check": "health check",
        "high_sided": "no high-sided vehicles", "no_dg": "no dangerous goods",
    },
    values={
        "wait_h": "wait about {n} h", "per_day": "{n} loads a day", "max_t": "up to {n} t",
        "max_h": "up to {n} m high",
    },
    openings={
        "closed": "Closed", "partly_closed": "Partly closed", "unknown": "Status not known", "restricted": "Open",
        "congested": "Open", "open": "Open", "again": "Open again",
    },
    tails={"restricted": ", with limits", "congested": ", with delays"},
    days={"daily": "daily", "mon-fri": "Mon–Fri", "mon-sat": "Mon–Sat"},
    goods_directions={"import": "import", "export": "export", "transit": "transit"},
    people_directions={"import": "arriving", "export": "departing", "transit": "transit"},
    other_cargo="other cargo",
    besides=" except {}",
    joiner=" and ",
    colon=": ",
    count="{n} of {all} places",
    withdrawn="Notice withdrawn.",
    exercise="EXERCISE.",
    open_hours=" only {a}–{b}, {days}",
    other_hours=", {a}–{b}, {days}",
    hour=_colon_hour,
    articles={},
    direction_first=True,
    towards={"to": "to ", "unknown": "for "},
)  # fmt: skip

FRENCH = Speech(
    modes={
        "maritime": "mer", "air": "air", "road": "route", "rail": "rail",
        "inland_waterway": "voie navigable", "post": "poste",
    },
    traffic={
        "cargo": ("marchandises",), "empties": ("unités vides",), "relief": ("biens essentiels",),
        "live_perishable": ("denrées périssables", "animaux vivants"), "passengers": ("voyageurs",),
        "nonessential": ("voyageurs non essentiels",), "essential": ("voyageurs essentiels",),
    },
    crew={"road_only": "conducteurs", "no_road": "équipages", "mixed": "équipages et conducteurs"},
    limits={
        "appointment": "sur rendez-vous", "priority": "priorité aux biens essentiels",
        "daylight": "de jour seulement", "paper": "procédure papier", "one_lane": "une seule voie",
        "one_berth": "un seul poste à quai", "berth_shut": "un quai fermé", "escort": "en convoi",
        "health_check": "contrôle sanitaire", "high_sided": "véhicules hauts interdits",
        "no_dg": "sauf matières dangereuses",
    },
    values={
        "wait_h": "attente d'environ {n} h", "per_day": "{n} chargements par jour", "max_t": "jusqu'à {n} t",
        "max_h": "jusqu'à {n} m de haut",
    },
    openings={
        "closed": "Fermé", "partly_closed": "Partiellement fermé", "unknown": "Situation inconnue",
        "restricted": "Ouvert", "congested": "Ouvert", "open": "Ouvert", "again": "De nouveau ouvert",
    },
    tails={"restricted": ", sous conditions", "congested": ", avec retards"},
    days={"daily": "tous les jours", "mon-fri": "lun.-ven.", "mon-sat": "lun.-sam."},
    goods_directions={"import": "à l'importation", "export": "à l'exportation", "transit": "en transit"},
    people_directions={"import": "à l'arrivée", "export": "au départ", "transit": "en transit"},
    other_cargo="autres marchandises",
    besides=", sauf {}",
    joiner=" et ",
    colon=" : ",
    count="{n} lieux sur {all}",
    withdrawn="Avis retiré.",
    exercise="EXERCICE.",
    open_hours=" seulement de {a} à {b}, {days}",
    other_hours=", de {a} à {b}, {days}",
    hour=_french_hour,
    articles={"to": "aux ", "unknown": "les "},
    direction_first=False,
    towards={"to": "", "unknown": "pour "},
)  # fmt: skip

SPANISH = Speech(
    modes={
        "maritime": "mar", "air": "aire", "road": "carretera", "rail": "ferrocarril",
        "inland_waterway": "vía navegable", "post": "correo",
    },
    traffic={
        "cargo": ("mercancías",), "empties": ("unidades vacías",), "relief": ("bienes esenciales",),
        "live_perishable": ("perecederos", "animales vivos"), "passengers": ("viajeros",),
        "nonessential": ("viajeros no esenciales",), "essential": ("viajeros esenciales",),
    },
    crew={"road_only": "conductores", "no_road": "tripulaciones", "mixed": "tripulaciones y conductores"},
    limits={
        "appointment": "solo con cita", "priority": "prioridad a los bienes esenciales", "daylight": "solo de día",
        "paper": "trámite en papel", "one_lane": "un solo carril", "one_berth": "un solo atraque",
        "berth_shut": "un muelle cerrado", "escort": "en convoy", "health_check": "control sanitario",
        "high_sided": "sin vehículos altos", "no_dg": "sin mercancías peligrosas",
    },
    values={
        "wait_h": "espera de unas {n} h", "per_day": "{n} cargas al día", "max_t": "hasta {n} t",
        "max_h": "hasta {n} m de alto",
    },
    openings={
        "closed": "Cerrado", "partly_closed": "Parcialmente cerrado", "unknown": "Situación desconocida",
        "restricted": "Abierto", "congested": "Abierto", "open": "Abierto", "again": "Abierto de nuevo",
    },
    tails={"restricted": ", con limitaciones", "congested": ", con retrasos"},
    days={"daily": "todos los días", "mon-fri": "lun.-vie.", "mon-sat": "lun.-sáb."},
    goods_directions={"import": "de importación", "export": "de exportación", "transit": "en tránsito"},
    people_directions={"import": "de llegada", "export": "de salida", "transit": "en tránsito"},
    other_cargo="demás mercancías",
    besides=", salvo {}",
    joiner=" y ",
    colon=": ",
    count="{n} de {all} lugares",
    withdrawn="Aviso retirado.",
    exercise="SIMULACRO.",
    open_hours=" solo de {a} a {b}, {days}",
    other_hours=", de {a} a {b}, {days}",
    hour=_colon_hour,
    articles={"to": "a los ", "unknown": "los "},
    direction_first=False,
    towards={"to": "", "unknown": "para "},
)  # fmt: skip

SPEECH = {"en": ENGLISH, "fr": FRENCH, "es": SPANISH}
FEMININE_ES = ("mercancías", "demás mercancías", "unidades vacías", "tripulaciones", "tripulaciones y conductores")


def joined(speech: Speech, items: Sequence[str]) -> str:
    return _join(items, speech.joiner)
