"""Words every room shares: the choices of WCO, CAP 1.2 and UN/LOCODE, in one place."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Mode(TextChoices):
    """How goods and people move; the function digits of UN/LOCODE name the same things."""

    MARITIME = "maritime", pgettext_lazy("transport mode", "Sea")
    AIR = "air", pgettext_lazy("transport mode", "Air")
    ROAD = "road", pgettext_lazy("transport mode", "Road")
    RAIL = "rail", pgettext_lazy("transport mode", "Rail")
    INLAND_WATERWAY = "inland_waterway", pgettext_lazy("transport mode", "Inland waterway")
    POST = "post", pgettext_lazy("transport mode", "Post")


class Direction(TextChoices):
    IMPORT = "import", _("Import")
    EXPORT = "export", _("Export")
    TRANSIT = "transit", _("Transit")


class Traffic(TextChoices):
    CARGO = "cargo", _("Cargo")
    EMPTIES = "empties", _("Empties")
    RELIEF = "relief", _("Relief and essential goods")
    LIVE_PERISHABLE = "live_perishable", _("Live animals and perishables")
    CREW = "crew", _("Crew and drivers")
    ESSENTIAL_TRAVELLERS = "essential_travellers", _("Essential travellers")
    OTHER_TRAVELLERS = "other_travellers", _("Other travellers")


GOODS = (Traffic.CARGO, Traffic.EMPTIES, Traffic.RELIEF, Traffic.LIVE_PERISHABLE)
TRAVELLERS = (Traffic.ESSENTIAL_TRAVELLERS, Traffic.OTHER_TRAVELLERS)


class PlaceStatus(TextChoices):
    """What a place is to one traffic, worst first; the order of the members is the order of badness."""

    CLOSED = "closed", _("Closed")
    PARTLY_CLOSED = "partly_closed", _("Partly closed")
    RESTRICTED = "restricted", _("Restricted")
    CONGESTED = "congested", _("Congested")
    UNKNOWN = "unknown", _("Unknown")
    OPEN = "open", _("Open")


class Severity(TextChoices):
    """CAP 1.2 `severity`, worst first; "Unknown" is never sent, since readers take it for insignificant."""

    EXTREME = "Extreme", _("Extreme")
    SEVERE = "Severe", _("Severe")
    MODERATE = "Moderate", _("Moderate")
    MINOR = "Minor", _("Minor")


class Urgency(TextChoices):
    """CAP 1.2 `urgency`."""

    IMMEDIATE = "Immediate", _("Immediate")
    EXPECTED = "Expected", _("Expected")
    FUTURE = "Future", _("Future")
    PAST = "Past", _("Past")


class Certainty(TextChoices):
    """CAP 1.2 `certainty`."""

    OBSERVED = "Observed", _("Observed")
    LIKELY = "Likely", _("Likely")
    POSSIBLE = "Possible", _("Possible")
    UNLIKELY = "Unlikely", _("Unlikely")


class MsgType(TextChoices):
    """CAP 1.2 `msgType`, the three that a notice can be."""

    ALERT = "Alert", _("Alert")
    UPDATE = "Update", _("Update")
    CANCEL = "Cancel", _("Cancel")


class CapStatus(TextChoices):
    """CAP 1.2 `status`: whether a message is meant, an exercise, or a technical test."""

    ACTUAL = "Actual", _("Actual")
    EXERCISE = "Exercise", _("Exercise")
    TEST = "Test", _("Test")


class CrisisLevel(TextChoices):
    """How much is at stake: `normal` is every day, the other two have a page and a banner on every page."""

    NORMAL = "normal", pgettext_lazy("crisis level", "Normal")
    WATCH = "watch", pgettext_lazy("crisis level", "Watch")
    CRISIS = "crisis", pgettext_lazy("crisis level", "Crisis")


class Lane(TextChoices):
    """Separate queues and separate worker processes, so that no lane waits for another."""

    CRITICAL = "critical", _("Critical")
    ROUTINE = "routine", _("Routine")
    PERSONAL = "personal", _("Personal")
    DIGEST = "digest", _("Digest")


class Language(TextChoices):
    ENGLISH = "en", "English"
    FRENCH = "fr", "Français"
    SPANISH = "es", "Español"


class Sector(TextChoices):
    """What the members of a trade association do."""

    ROAD_HAULAGE = "road_haulage", _("Road haulage")
    SHIPPING = "shipping", _("Shipping")
    FREIGHT_FORWARDING = "freight_forwarding", _("Freight forwarding")
    CUSTOMS_BROKERAGE = "customs_brokerage", _("Customs brokerage")
    EXPRESS = "express", _("Express carriers")
    POST = "post", _("Post")
    AUTOMOTIVE = "automotive", _("Automotive")
    PHARMA = "pharma", _("Pharmaceuticals")
    MEDICAL = "medical", _("Medical goods")
    PERISHABLES = "perishables", _("Perishables")
    SMALL_TRADERS = "small_traders", _("Small traders")
    WOMEN_LED = "women_led", _("Businesses led by women")
    SECTOR_AGNOSTIC = "sector_agnostic", _("All sectors")


class Role(TextChoices):
    """What a seat lets its holder do; `contacts.policies` and its neighbours say exactly what."""

    OFFICER = "officer", _("Officer")
    APPROVER = "approver", _("Approver")
    HEADQUARTERS = "headquarters", _("Headquarters")
    LIAISON = "liaison", _("Liaison officer")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    ASSOCIATION_MANAGER = "association_manager", _("Association manager")
    MEMBER = "member", _("Association member")


CUSTOMS_ROLES = (
    Role.OFFICER,
    Role.APPROVER,
    Role.HEADQUARTERS,
    Role.LIAISON,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)

SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}
STATUS_RANK = {status: rank for rank, status in enumerate(PlaceStatus)}
