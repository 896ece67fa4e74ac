"""Mobile numbers: E.164 is what they are compared and sent by; only countries on the list are written to."""

from __future__ import annotations

from contextlib import suppress

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from base.errors import Refused
from base.mailbox import clean

from .models import Address

CHANNEL = "sms"
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class BadNumber(Refused):
    message = _("This is not a mobile number. Write it with the code of the country, like +34 612 345 678.")
    field = "phone"


class OtherCountry(Refused):
    message = _("We cannot send text messages to numbers of this country.")
    field = "phone"


def is_offered() -> bool:
    """Whether text messages can be sent at all."""
    return bool(settings.FAIRWAY_SMS_URL and settings.FAIRWAY_SMS_COUNTRIES)


def key_of(value: str) -> str:
    """The number in E.164; raises `BadNumber` or `OtherCountry`."""
    text = clean(value)
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text[:40], None)
    except phonenumbers.NumberParseException as error:
        raise BadNumber() from error
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILE or number.extension:
        raise BadNumber()
    if not is_allowed(number):
        raise OtherCountry()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def readings(value: str) -> list[str]:
    """Numbers in E.164 that a gateway may mean: written in full, with or without +, else as in a country of ours."""
    text = value[:40]
    digits = "".join(sign for sign in text if sign.isascii() and sign.isdigit())
    found = [f"+{digits.removeprefix('00')}"]
    if "+" in text or digits.startswith("00"):
        return found
    for country in settings.FAIRWAY_SMS_COUNTRIES:
        with suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(digits, country)
            if phonenumbers.is_valid_number_for_region(number, country):
                found.append(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return found


def is_allowed(number: phonenumbers.PhoneNumber | str) -> bool:
    """Whether numbers of its country are written to; a premium number has no such country."""
    if isinstance(number, str):
        try:
            number = phonenumbers.parse(number, None)
        except phonenumbers.NumberParseException:
            return False
    return phonenumbers.region_code_for_number(number) in settings.FAIRWAY_SMS_COUNTRIES


def get_or_create(value: str) -> Address:
    """The one row of this number; raises `BadNumber` or `OtherCountry`."""
    key = key_of(value)
    return Address.objects.get_or_create(channel=CHANNEL, key=key, defaults={"value": key})[0]


def hinted(key: str) -> str:
    """The number as its owner knows it again and nobody else learns it."""
    return f"{key[:3]} … {key[-2:]}"
