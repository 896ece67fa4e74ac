"""`manage.py update_catalogues`: brings new strings into locale/*/LC_MESSAGES/django.po."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from base.catalogues import update


class Command(BaseCommand):
    help = "Finds the strings to translate and says how many still want words in each language."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        languages = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        for language, wanting in update(settings.BASE_DIR, settings.LOCALE_PATHS[0], languages).items():
            self.stdout.write(f"{language}: {wanting} without words")
