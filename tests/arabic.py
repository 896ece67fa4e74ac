"""A language that is written from right to left, made of the English strings: no word is Arabic, every letter is."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from base.catalogues import find_all

CODE, NAME = "ar", "العربية"
CHECKOUT = Path(__file__).parent.parent
# Marks, tags, entities and addresses stay as they are.
KEPT = re.compile(r"(%\(\w+\)[\d.]*[sdf]|%[sd%]|\{\w*\}|<[^>]+>|&\w+;|https?://\S+)")
LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "ابثدهفجحيجكلمنوبقرستعفوخيز" * 2
)


def spelled(text: str) -> str:
    parts = KEPT.split(text)
    return "".join(part if place % 2 else part.translate(LETTERS) for place, part in enumerate(parts))


def make_catalogue(folder: Path) -> None:
    """Writes `folder`/ar/LC_MESSAGES/django.mo with every string of the checkout."""
    catalogue = Catalog(locale=CODE)
    for message in find_all(CHECKOUT):
        if not message.id:
            continue
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        said = tuple(map(spelled, forms))
        string = (said[-1],) * catalogue.num_plurals if len(said) > 1 else said[0]
        catalogue.add(message.id, string, context=message.context)
    path = folder / CODE / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as mo:
        write_mo(mo, catalogue)
