"""`manage.py createadmin EMAIL`: the first administrator, who then invites everybody else."""

from __future__ import annotations

import os
from getpass import getpass
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from base import audit
from base.words import Role
from contacts.models import Organisation, Seat, User
from delivery.addresses import BadAddress, key_of


class Command(BaseCommand):
    help = "Creates an administrator (no notice rights). The password is asked for, or read from ADMIN_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--administration", default="Customs administration", help="its name, if there is none")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            email = key_of(options["email"])
        except BadAddress as bad:
            raise CommandError(str(bad)) from None
        if User.objects.filter(email__iexact=email).exists():
            raise CommandError(f"{email} has an account already.")
        password = os.environ.get("ADMIN_PASSWORD") or getpass("Password: ")
        user = User(email=email, name=options["name"] or email.split("@")[0])
        try:
            validate_password(password, user)
        except ValidationError as weak:
            raise CommandError(" ".join(weak.messages)) from None
        now = timezone.now()
        with transaction.atomic():
            user.set_password(password)
            user.save()
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
            administration = Organisation.objects.filter(kind=Organisation.Kind.ADMINISTRATION).first()
            if administration is None:
                administration = Organisation.objects.create(
                    kind=Organisation.Kind.ADMINISTRATION,
                    code="administration",
                    names={"en": options["administration"]},
                )
            Seat.objects.create(
                user=user, organisation=administration, role=Role.ADMINISTRATOR, started_at=now
            )
            audit.record(actor="createadmin", action="user.create", target=f"user:{user.pk}", now=now)
        self.stderr.write(f"{email} is administrator. A second factor is set up at the first sign-in.")
