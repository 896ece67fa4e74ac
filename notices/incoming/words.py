"""The words of what comes from outside."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Form(TextChoices):
    """What stands at the address of a source."""

    CAP = "cap", _("One CAP message")
    INDEX = "index", _("An index of CAP messages (Atom or RSS)")
    FEED = "feed", _("A news feed (Atom or RSS)")
    JSON = "json", _("A JSON Feed")


class Trouble(TextChoices):
    """Why a source could not be read; `detail` beside it holds the number, the address or the line."""

    ADDRESS = "address", _("This address is not called.")
    UNREACHED = "unreached", _("The server cannot be reached.")
    ANSWER = "answer", _("The server answers with an error:")
    MOVED = "moved", _("It has moved. Enter its new address, if you trust it:")
    LONG = "long", _("It is longer than we read, or did not come whole.")
    NOT_XML = "not_xml", _("This is not XML. Stopped at line:")
    NOT_JSON = "not_json", _("This is not JSON.")
    OTHER_FORM = "other_form", _("It is in another form than the one chosen.")
    SAME_IDS = "same_ids", _("Several entries have the same identifier. They were taken all the same.")
    LINKED = "linked", _("Messages that it names cannot be fetched:")
    FLOOD = "flood", _("Too many of its messages wait already. Put aside what nobody needs.")
    OURS = "ours", _("Something went wrong here, not there. Whoever runs the site finds it in the log.")


class State(TextChoices):
    """What became of an item."""

    WAITING = "waiting", pgettext_lazy("item from outside", "Waiting")
    UNREADABLE = "unreadable", pgettext_lazy("item from outside", "Not usable")
    USED = "used", pgettext_lazy("item from outside", "Made into a draft")
    ASIDE = "aside", pgettext_lazy("item from outside", "Put aside")
    REPLACED = "replaced", pgettext_lazy("item from outside", "Replaced by a newer one")
    OVER = "over", pgettext_lazy("item from outside", "Over or too old when it was read")
