"""`manage.py compile_catalogues`: makes the .mo files that Django reads."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from base.catalogues import compile_all


class Command(BaseCommand):
    help = "Compiles the translations that changed (with Babel: no msgfmt is needed)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            try:
                compile_all(folder)
            except PermissionError as error:
                raise CommandError(f"{error.filename} is not yours to write: its owner starts this once.") from error
