"""What a mail that comes back is: report, complaint, automatic answer or a person's. Pure; nothing makes it raise.

Reports follow RFC 3464 and 6522, complaints RFC 5965, marks of automatic mail RFC 3834 and what is used in its place.
"""

from __future__ import annotations

import base64
import logging
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import parseaddr

from django.db.models import TextChoices

from .verdicts import status_in

log = logging.getLogger(__name__)

_STATUS_REPORTS = ("message/delivery-status", "message/global-delivery-status")  # RFC 3464, RFC 6533
READ = 256 * 1024  # octets that are looked at: a report stands in the first few thousand
PARTS = 60  # more of them in one mail are no report, and reading what is nested as deep costs too much
WORDS = 4_000
DIAGNOSTIC = 300
ACTION = 20


class Kind(TextChoices):
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    HUMAN = "human"
    CANARY = "canary"


@dataclass(frozen=True)
class Reading:
    """`action` is RFC 3464's; `recipient`: of whom the report speaks; `seals`: signed ids in a complaint."""

    kind: Kind
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    recipient: str = ""
    seals: tuple[str, ...] = ()


def read(raw: bytes, *, sender: str = "", personal: bool = True) -> Reading:
    """Classes a mail. `sender`: of the envelope; `personal`: it came to an address that people write to."""
    try:
        return _read(raw[:READ], sender, personal)
    except Exception:  # whatever a stranger sends, the door stays open; nothing of it is answered
        log.warning("a mail of %s octets could not be read", len(raw), exc_info=True)
        return Reading(Kind.AUTOMATIC)


def _read(raw: bytes, sender: str, personal: bool) -> Reading:
    deep = raw.lower().count(b"content-type:") > PARTS
    mail: Message = (BytesHeaderParser if deep else BytesParser)(policy=compat32).parsebytes(raw)
    complaint = _part(mail, "message/feedback-report")
    if complaint is not None:
        return _complaint(complaint, raw)
    if _FORWARDED.fullmatch(_subject(mail)) and (about := _seals(raw)):
        return Reading(Kind.COMPLAINT, action="abuse", seals=about)
    report = _part(mail, *_STATUS_REPORTS)
    if report is not None and not _is_person(mail, personal):
        return _report(report)
    if failed := _plain_bounce(mail, sender):
        return failed
    return Reading(Kind.HUMAN if _is_person(mail, personal) and sender != "<>" else Kind.AUTOMATIC)


# --- Reading ------------------------------------------------------------------------------------------------------


def one_line(value: object, limit: int = DIAGNOSTIC) -> str:
    """A header's value on one line, printable, and not longer than `limit`."""
    cut = str(value or "")[: 4 * limit].encode("utf-8", "replace").decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in " ".join(cut.split()))[:limit]


def _decoded(value: object) -> str:
    shown = one_line(value, 1_000)
    try:
        return one_line(str(make_header(decode_header(shown))), 1_000)
    except (LookupError, ValueError, MessageError):
        return shown


def _subject(mail: Message) -> str:
    """Also where its letters stand as they are, without the encoding of RFC 2047."""
    raw = next((str(value) for name, value in mail.raw_items() if name.casefold() == "subject"), "")
    return _decoded(raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _part(mail: Message, *wanted: str) -> Message | None:
    return next((part for part in mail.walk() if part.get_content_type() in wanted), None)


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report; some servers send even these in base64."""
    inner = part.get_payload()
    blocks = [block for block in inner if isinstance(block, Message)] if isinstance(inner, list) else []
    if part.get_content_type() == _STATUS_REPORTS[0] and any(len(block) for block in blocks):
        return blocks
    text = b"".join(block.as_bytes() for block in blocks) or str(inner).encode("ascii", "replace")
    if "base64" in one_line(part["Content-Transfer-Encoding"], 40).casefold():
        text = base64.b64decode(text)
    groups = re.split(rb"\r?\n\r?\n", text)
    return [BytesHeaderParser(policy=compat32).parsebytes(group.lstrip()) for group in groups]


def _body(mail: Message) -> str:
    """The first words of the text part, without what is quoted."""
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            content = part.get_payload(decode=True)
            words = content[:WORDS].decode("utf-8", "replace") if isinstance(content, bytes) else ""
            return "\n".join(line for line in words.splitlines() if not line.startswith(">"))
    return ""


# --- Reports ------------------------------------------------------------------------------------------------------

_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_OF_STATUS = {"5": "failed", "4": "delayed", "2": "delivered"}


def _report(part: Message) -> Reading:
    """The gravest of the groups, one for each recipient; who sent one mail to one asks about one."""
    readings = [_group(block) for block in _blocks(part)]
    told = sorted((one for one in readings if one.action), key=lambda one: _ACTIONS.index(one.action))
    return told[0] if told else Reading(Kind.AUTOMATIC)


def _group(block: Message) -> Reading:
    words = one_line(block["Action"], 40).casefold().split()
    status = status_in(one_line(block["Status"], 60))
    diagnostic = one_line(block["Diagnostic-Code"])
    action = words[0] if words and words[0] in _ACTIONS else ""
    if not action and block["Final-Recipient"]:
        action = _OF_STATUS.get(status[:1], "")
    if status.endswith(".0.0") or not status:
        status = status_in(diagnostic) or status
    return Reading(
        kind=Kind.BOUNCE if action == "failed" else Kind.RECEIPT,
        action=action,
        status=status,
        diagnostic=diagnostic.partition(";")[2].strip() or diagnostic,
        recipient=one_line(block["Final-Recipient"]).partition(";")[2].strip("<>'\" "),
    )


_DAEMONS = ("mailer-daemon", "postmaster", "mail-daemon", "mdaemon")
_FAILED = re.compile(
    r"could ?n[o']t be delivered|could not deliver|delivery (has )?failed|undeliver(ed|able)"
    r"|permanent(ly)? (error|fail)|returned to sender|wasn't able to deliver|unzustellbar|nicht zugestellt"
    r"|non remis|n.a pas pu être (remis|livr|distribu)|échec de (la )?(remise|livraison|distribution)"
    r"|no se (ha )?pud[oi] entregar|no entregado|impossibile (recapitare|consegnare)|mancat[oa] (recapito|consegna)"
    r"|não foi possível entregar|falha na entrega|onbestelbaar|niet (worden )?(bezorgd|afgeleverd)"
    r"|nie (mogła|mógł|może) zostać dostarczon|не (было )?доставлен",
    re.I,
)
_LATER = re.compile(
    r"delayed|deferred|delivery delay|still (be )?(trying|retried)|will (keep|continue) trying"
    r"|(have|has) not yet been delivered",
    re.I,
)
# In a body, where the words of our own mail may follow, only what no final report says.
_STILL_TRYING = re.compile(
    r"warning message only|(do|need) not (need to )?re-?send|will (keep|continue) trying"
    r"|(delivery )?attempts? (will|to deliver .{0,40} will) continue|(have|has) not yet been delivered",
    re.I,
)


def _plain_bounce(mail: Message, sender: str) -> Reading | None:
    """A report in words alone, as Exim and qmail send it."""
    if _local(mail["From"]) not in _DAEMONS or sender not in ("", "<>"):
        return None
    subject, body = _subject(mail), _body(mail)
    # What was sent may itself speak of delays, and stand in the subject of the report.
    if (_LATER.search(subject) and not _FAILED.search(subject)) or _STILL_TRYING.search(body):
        return Reading(Kind.RECEIPT, action="delayed")
    if not (mail["X-Failed-Recipients"] or _FAILED.search(f"{subject}\n{body}")):
        return None
    line = next((line for line in body.splitlines() if status_in(line) or re.search(r"\b5\d\d[ -]", line)), "")
    return Reading(
        Kind.BOUNCE,
        action="failed",
        status=status_in(line),
        diagnostic=one_line(line or " ".join(body.split()[:40])),
        recipient=parseaddr(one_line(mail["X-Failed-Recipients"]).partition(",")[0])[1],
    )


_SEAL = re.compile(rb"(?:bounce\+|Message-ID:\s*<)([0-9a-f]{1,16}-[0-9a-f]{20})@", re.I)
_NO_COMPLAINT = ("not-spam", "auth-failure")
_FORWARDED = re.compile(r"complaint about message from [\da-f.:]+", re.I)  # how Microsoft reports, without RFC 5965


def _complaint(part: Message, raw: bytes) -> Reading:
    fields = [block["Feedback-Type"] for block in _blocks(part) if block["Feedback-Type"]]
    if not fields or one_line(fields[0], 40).casefold() in _NO_COMPLAINT:
        return Reading(Kind.AUTOMATIC)
    return Reading(Kind.COMPLAINT, action=one_line(fields[0]).casefold()[:ACTION], seals=_seals(raw))


def _seals(raw: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[1].decode("ascii") for match in _SEAL.finditer(raw)))[:3]


# --- Automatic or a person ----------------------------------------------------------------------------------------

_MARKS = (
    "X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond", "X-Autoreply-From", "X-Autogenerated",
    "X-Mail-Autoreply", "X-AutoReply-Type", "X-FC-MachineGenerated", "X-Loop", "List-Id", "List-Unsubscribe",
    "Feedback-ID", "X-Failed-Recipients", "List-Post", "Mailing-List", "X-Auto-Reply", "X-Vacation",
    "X-Mailer-Autoresponder",
)  # fmt: skip
_NO_REPLY = (*_DAEMONS, "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "bounce", "bounces")
_ABSENT = re.compile(
    r"^\W*(auto: )?(auto(matic|matische|matisch)?[ :-]*(reply|response|antwort|antwoord)|autom?\W*re?ply"
    r"|(i.m |i am )?(currently )?out of (the )?office|ooo\b|abwesen|(ich bin )?nicht im (büro|haus)|au(ss|ß)er haus"
    r"|réponse automatique|absence du bureau|(je suis )?absente? du bureau|message d.absence(?! de)"
    r"|respuesta autom[áa]tica|fuera de (la )?oficina|risposta automatica|fuori sede"
    r"|(auto)?resposta autom[áa]tica|autoresposta|ausência do escritório|afwezig|automatisk svar|autosvar|frånvaro"
    r"|fraværende|automaattinen|automatyczna odpowied|autoodpowied|poza biurem|автоответ|автоматический ответ"
    r"|нет на месте|αυτόματη απάντηση|otomatik yanıt|رد تلقائي|自动回复|自動返信|自動応答|부재중|자동 회신"
    # What may as well begin a question stands alone, or before a mark or a date.
    r"|(absen(t|ce)|ausencia|(on )?(annual )?(leave|vacation|holidays?)|(en )?congés?|away|不在)"
    r" *(:|：|-|–|$|until|till|from|bis\b|vom\b|jusqu|du \d|hasta|\d))",
    re.I,
)
# The number that a help desk gives, and the words with which it says that it has ours.
_TICKET = re.compile(r"[\[#](?:[^\]\[]{0,30}[#: -])?\d{3,}|(?:ticket|case|request|anfrage|dossier) ?#? ?\d{3,}", re.I)
_OURS = re.compile(r"\b[A-Z]{1,4}-\d{4}-\d{3,}\b")  # what notices and questions are called
_TAKEN = re.compile(
    r"(ticket|case|request|enquiry|inquiry|e-?mail|message|report)s? (has |have )?(been )?(received|created|opened"
    r"|logged|registered|assigned)"
    r"|(your|new) (request|ticket|case|enquiry|inquiry) (has|is|with) (the )?(number|id|reference)"
    r"|(we )?(have )?received your|thank you for (contacting|your (enquiry|inquiry|request))"
    r"|acknowledge?ment|votre (demande|message|courriel) a (bien )?été|accusé de réception|nous avons bien reçu"
    r"|(su|tu) (solicitud|consulta|mensaje|caso) (ha sido|fue|se ha)|hemos recibido|acuse de recibo"
    r"|ihre (anfrage|nachricht|mail) (wurde|ist|hat)|eingangsbestätigung|ticketnummer|zgłoszenie",
    re.I,
)


def _local(value: object) -> str:
    return parseaddr(one_line(value, 400))[1].partition("@")[0].casefold()


def _marked(mail: Message) -> bool:
    """Says of itself, in one of the ways that are in use, that no person wrote it."""
    if one_line(mail["Auto-Submitted"], 40).casefold().partition(";")[0].strip() not in ("", "no"):
        return True
    if one_line(mail["Precedence"], 40).casefold() in ("bulk", "junk", "list", "auto_reply"):
        return True
    if mail.get_content_type() == "multipart/report" or any(mail[name] for name in _MARKS):
        return True
    if "autoresponder" in f"{mail['X-POST-MessageClass']} {mail['Delivered-To']}".casefold():
        return True
    return one_line(mail["Return-Path"], 400) == "<>" or _local(mail["From"]) in _NO_REPLY


def _is_person(mail: Message, personal: bool) -> bool:
    if not personal or _marked(mail):
        return False
    subject = _subject(mail)
    if _ABSENT.search(subject):
        return False
    acknowledged = _TAKEN.search(subject) or _TAKEN.search(_body(mail)[:600])
    return not (acknowledged and _TICKET.search(_OURS.sub("", subject)))
