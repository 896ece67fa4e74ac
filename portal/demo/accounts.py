"""The demo accounts and their codes of this moment."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt

from contacts.models import User

from .people import PASSWORD, facts


@dataclass(frozen=True)
class DemoAccount:
    name: str
    email: str
    seats: str
    password: str
    code: str


def code_of(user: User) -> str:
    """The six digits that an authenticator app would show now, or "" without a second factor."""
    device = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if device is None:
        return ""
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(decrypt(device.data["secret"]), counters[len(counters) // 2])))


def demo_accounts() -> list[DemoAccount]:
    wanted = [entry["mail"] for entry in facts("organisations.json")["users"] if entry.get("demo_login")]
    users = {user.email: user for user in User.objects.filter(email__in=wanted, is_demo=True)}
    return [
        DemoAccount(
            name=users[email].name,
            email=email,
            seats="; ".join(str(seat) for seat in users[email].seats()),
            password=PASSWORD,
            code=code_of(users[email]),
        )
        for email in wanted
        if email in users
    ]
