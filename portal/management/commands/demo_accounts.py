"""`manage.py demo_accounts`: who can sign in to the demo, as whom."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.demo.accounts import demo_accounts
from portal.demo.people import PASSWORD


class Command(BaseCommand):
    help = "Lists the demo accounts; their codes of the moment are on the page /en/demo/."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.FAIRWAY_DEMO:
            raise CommandError("There are demo accounts only with FAIRWAY_DEMO=1.")
        self.stderr.write(f"Demo accounts (password {PASSWORD}, codes on {settings.FAIRWAY_SITE_URL}/en/demo/):")
        for account in demo_accounts():
            self.stderr.write(f"  {account.email:<42} {account.seats}")
