"""The index of CAP messages: Atom, whose entries lead to the message of the newest version."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notices.cards import Card

from . import atom, cap
from .shape import Edition, Feed


def message_url(card: Card) -> str:
    return f"{settings.FAIRWAY_SITE_URL}{reverse('cap_message', args=[card.reference, card.version.number])}"


def write(edition: Edition) -> bytes:
    return atom.document(edition, _("CAP messages in force"), lambda card: (message_url(card), cap.MEDIA_TYPE))


FEED = Feed("feed_cap", "cap.atom", atom.MEDIA_TYPE, gettext_lazy("CAP messages"), write, told_as=cap.MEDIA_TYPE)
