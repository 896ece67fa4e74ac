"""Ways out of the house: one file a transport, one line here."""

from __future__ import annotations

from .base import Channel
from .email import EmailChannel
from .sink import SinkChannel
from .sms import SmsChannel
from .webhook import WebhookChannel

CHANNELS: dict[str, type[Channel]] = {
    "email": EmailChannel, "sink": SinkChannel, "sms": SmsChannel, "webhook": WebhookChannel,
}  # fmt: skip
