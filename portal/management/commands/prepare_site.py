"""`manage.py prepare_site`: catalogues, schema and, on embedded servers, the demo, in one process."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection


class Command(BaseCommand):
    help = "Brings catalogues and database up to this version, each only as far as it is not there yet."
    requires_system_checks: list[str] = []  # migrate makes them itself

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(f"The database cannot be reached: {error}") from error
        call_command("compile_catalogues")
        call_command("migrate", verbosity=0, skip_checks=False)
        if settings.FAIRWAY_DEMO:
            call_command("load_demo", skip_checks=False)
