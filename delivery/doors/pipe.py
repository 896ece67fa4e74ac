"""The door for a relay that hands one mail to one command: `pipe(8)` of Postfix, with the exit codes of sysexits."""

from __future__ import annotations

import logging
import os
from typing import BinaryIO

from delivery import intake
from delivery.intake import Taken

from . import hand_in

log = logging.getLogger(__name__)

CODES = {
    Taken.KEPT: os.EX_OK,
    Taken.AGAIN: os.EX_OK,
    Taken.STALE: os.EX_OK,
    Taken.UNKNOWN: os.EX_NOUSER,
    Taken.FORGED: os.EX_NOUSER,
    Taken.TOO_BIG: os.EX_DATAERR,
}


def receive(mail: BinaryIO, *, to: str, sender: str) -> int:
    """The exit code for the mail on standard input; EX_TEMPFAIL makes the relay come again."""
    try:
        return CODES[hand_in(mail.read(intake.MOST + 1), to=to, sender=sender, door="pipe")]
    except Exception as error:  # also a bug of ours: the relay keeps the mail until it is mended
        log.error("mail not kept: %s", type(error).__name__, exc_info=True)
        return os.EX_TEMPFAIL
