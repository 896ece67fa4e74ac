"""Mailboxes that several people read: one of them alone does not end the notices of all by one click (RFC 8058).

Mail programs press that button for whoever calls a mail unwanted. Here a mail asks first, and says what comes by
which list; whoever presses the button on the page leaves at once.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction

from base import audit, ratelimit
from delivery import outbox
from delivery.addresses import Reason
from delivery.models import Address, Publication

from . import letters, subscribe
from .models import Membership

ASKS, ASKS_AGAIN_S = 3, 30 * 86_400
ENDED = (Reason.LEFT, Reason.COMPLAINT)  # the notices of all have ended already: there is nothing to ask
# RFC 2142, and what desks of the trade are called in English, French and Spanish.
ROLES = frozenset({
    "info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster",
    "webmaster", "news",
    "office", "mail", "contact", "hello", "team", "admin", "administration", "reception", "help", "helpdesk",
    "service", "services", "enquiries", "inquiries",
    "customs", "clearance", "declarations", "brokerage", "import", "imports", "export", "exports", "operations",
    "ops", "traffic", "dispatch", "dispatcher",
    "desk", "duty", "logistics", "transport", "shipping", "freight", "forwarding", "booking", "bookings",
    "docs", "documentation", "agency", "agents", "crew",
    "port", "terminal", "warehouse", "depot", "planning", "control", "accounts", "accounting", "finance",
    "invoices", "billing", "quality", "safety",
    "bureau", "accueil", "secretariat", "direction", "douane", "douanes", "dedouanement", "declarants",
    "exploitation", "trafic", "transit", "affretement",
    "logistique", "quai", "entrepot", "comptabilite", "facturation", "commercial", "achats", "permanence",
    "astreinte",
    "oficina", "correo", "contacto", "hola", "administracion", "recepcion", "ayuda", "servicio", "servicios",
    "aduana", "aduanas", "despacho", "despachos",
    "importacion", "importaciones", "exportacion", "exportaciones", "operaciones", "trafico", "logistica",
    "transporte", "transportes", "maritimo",
    "reservas", "documentacion", "agencia", "consignaciones", "almacen", "planificacion", "contabilidad",
    "facturacion", "ventas", "guardia",
})  # fmt: skip


def is_shared(address: Address) -> bool:
    """By its name, or because associations keep it for more than one membership."""
    local = address.key.rpartition("@")[0].partition("+")[0]
    words = [word for word in re.split(r"[^a-z]+", local) if word]
    if words and (words[0] in ROLES or words[-1] in ROLES):
        return True
    return Membership.objects.filter(address=address, state=Membership.State.ACTIVE).count() > 1


def one_click(address_id: int, *, now: datetime) -> None:
    """What the button of a mail program does: leaves, or asks where several people read."""
    address = Address.objects.get(pk=address_id)
    if is_shared(address) and address.suppressed_reason not in ENDED:
        _ask(address, now)
    else:
        subscribe.leave_everything(address_id, way="one_click", now=now)


def _ask(address: Address, now: datetime) -> None:
    """One mail a day at most, three a month: pressed again and again, the button floods nobody."""
    key = f"leave.ask:{address.pk}:{now:%Y-%m-%d}"
    with transaction.atomic():
        if Publication.objects.filter(key=key).exists():
            return
        if not ratelimit.take(f"leave.ask:{address.pk}", capacity=ASKS, per_s=ASKS / ASKS_AGAIN_S, now=now):
            return
        language = letters.language_of(address.key)
        link = subscribe.manage_url(address.pk, language)
        outbox.post(key=key, to=address.value, message=letters.seal("leave_ask", language, {"link": link}), now=now)
        audit.record(actor="public link", action="leave.ask", target=f"address:{address.pk}", now=now)
