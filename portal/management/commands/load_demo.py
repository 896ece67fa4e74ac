"""`manage.py load_demo`: the demo, once; a second run changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from contacts.models import User
from portal.demo import crises, incoming, notices, people, questions


class Command(BaseCommand):
    help = "Loads the invented example service: people, places, lists and a living week of notices."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.FAIRWAY_DEMO:
            raise CommandError("The demo is loaded only with FAIRWAY_DEMO=1.")
        now = timezone.now()
        if User.objects.filter(is_demo=True).exists():
            people.ways_out(now)
            return
        told = people.facts("organisations.json")
        with transaction.atomic():
            offices = people.organisations(told)
            users = people.people(told, offices, now)
            places = people.places(offices)
            people.member_lists(told, offices, now)
            with connection.cursor() as cursor:
                # The planner knows nothing of rows this young and would count each audience in seconds.
                cursor.execute("ANALYZE contacts_membership, contacts_memberlist, delivery_address")
            week = people.facts("notices.json")
            count = notices.load(week, users, offices, places, now)
            level = told["administration"]["crisis_level"]
            pages = crises.load(week, users, places, level=level, now=now)
            notices.load_templates(people.facts("templates.json"), now)
            asked = questions.load(users, places, now)
            incoming.load(users["u-alg-1"], offices["of-alg"], now=now)
            people.follower(places, now)
            people.ways_out(now)
        loaded = f"{len(users)} people, {len(places)} places, {count} notices, {pages} crises, {asked} questions"
        self.stderr.write(f"demo loaded: {loaded}")
