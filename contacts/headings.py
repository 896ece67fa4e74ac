"""What people call the columns of a member list, in English, French, Spanish and German."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import mailbox
from base.sheets import Question, Sheet, Unreadable

from .models.places import fold

# The first line of each field names it beyond doubt; the second may mean it when nothing better is there.
_NAMES: dict[str, tuple[str, str]] = {
    "email": (
        "email, emailaddress, mail, mailaddress, emailid, courriel, adressecourriel, adresseemail, adressemail, "
        "adresseelectronique, mel, correo, correoelectronico, direccioncorreo, direcciondecorreo, "
        "direccioncorreoelectronico, direcciondecorreoelectronico, direccionemail, emailadresse, mailadresse, "
        "elektronischepost, epost, emailempresa, emails, courriels, correos",
        "",
    ),
    "company": (
        "company, companyname, firm, organisation, organization, business, employer, societe, entreprise, "
        "raisonsociale, empresa, compania, razonsocial, sociedad, firma, firmenname, unternehmen, betrieb, "
        "organisme, organizacion",
        "member, adherent, membre, socio, miembro, mitglied, kunde, client, cliente",
    ),
    "contact": (
        "contact, contactname, contactperson, fullname, personname, personne, personnedecontact, interlocuteur, "
        "contacto, personadecontacto, nombredecontacto, nombrecompleto, ansprechpartner, ansprechpartnerin, kontakt, "
        "kontaktperson, nomcomplet, nomducontact",
        "name, nom, nombre, person, persona",
    ),
    "language": ("language, lang, preferredlanguage, langue, idioma, lengua, sprache, korrespondenzsprache", ""),
    "ports": (
        "ports, port, places, place, locode, unlocode, locodes, portsofinterest, lieux, lieu, bureaux, puertos, "
        "puerto, lugares, lugar, aduanas, orte, ort, hafen, haefen, grenzubergange, crossings, locations, location",
        "sites, offices, bureau, oficinas, stadt, city, ville, ciudad",
    ),
    "phone": (
        "phone, telephone, tel, telno, phonenumber, telephonenumber, mobile, mobilephone, cell, cellphone, portable, "
        "numerodetelephone, telefono, movil, numerodetelefono, celular, telefon, telefonnummer, handy, mobil, "
        "mobiltelefon, rufnummer, gsm",
        "number, numero, nummer",
    ),
    "country": ("country, countrycode, pays, codepays, pais, land, landercode", ""),
    "modes": (
        "modes, mode, transport, modeoftransport, transportmode, modedetransport, mododetransporte, modos, "
        "verkehrsart, verkehrstrager",
        "",
    ),
    "sector_role": ("sectorrole, role, function, fonction, funcion, cargo, funktion, rolle", ""),
    "is_aeo": (
        "aeo, isaeo, aeostatus, aeonumber, aeono, authorisedeconomicoperator, authorizedeconomicoperator, oea, "
        "statutoea, numerooea, operateureconomiqueagree, estatutooea, operadoreconomicoautorizado, zwb, "
        "zugelassenerwirtschaftsbeteiligter",
        "",
    ),
    "consent_basis": ("consentbasis, basis, legalbasis, ground, baselegale, basejuridica, rechtsgrundlage", ""),
    "consent_at": (
        "consentat, consentdate, dateofconsent, consentedon, agreedon, dateduconsentement, accordle, dateaccord, "
        "fechadeconsentimiento, einwilligungvom, einwilligungsdatum",
        "",
    ),
}
FIELDS = {
    "email": gettext_lazy("E-mail"),
    "company": gettext_lazy("Company"),
    "contact": gettext_lazy("Contact"),
    "language": gettext_lazy("Language"),
    "ports": gettext_lazy("Places"),
    "phone": gettext_lazy("Phone"),
    "country": gettext_lazy("Country"),
    "modes": gettext_lazy("Modes"),
    "sector_role": gettext_lazy("Role"),
    "is_aeo": gettext_lazy("AEO"),
    "consent_basis": gettext_lazy("Ground of consent"),
    "consent_at": gettext_lazy("Consent date"),
}
_STRONG = {name.strip(): key for key, (strong, _weak) in _NAMES.items() for name in strong.split(",")}
_WEAK = {name.strip(): key for key, (_strong, weak) in _NAMES.items() for name in weak.split(",") if name.strip()}

LANGUAGES = {
    "english": "en", "anglais": "en", "ingles": "en", "englisch": "en", "eng": "en",
    "french": "fr", "francais": "fr", "frances": "fr", "franzosisch": "fr", "fra": "fr", "fre": "fr",
    "spanish": "es", "espagnol": "es", "espanol": "es", "castellano": "es", "spanisch": "es", "spa": "es",
    "german": "de", "allemand": "de", "aleman": "de", "deutsch": "de", "ger": "de", "deu": "de",
    "arabic": "ar", "arabe": "ar", "arabisch": "ar", "ara": "ar",
}  # fmt: skip
MODES = {
    "sea": "maritime", "mer": "maritime", "mar": "maritime", "see": "maritime", "ocean": "maritime",
    "maritimo": "maritime", "seefracht": "maritime", "schiff": "maritime",
    "aerien": "air", "aereo": "air", "luft": "air", "flug": "air",
    "route": "road", "carretera": "road", "strasse": "road", "truck": "road", "lkw": "road", "routier": "road",
    "fer": "rail", "ferrocarril": "rail", "bahn": "rail", "schiene": "rail", "train": "rail", "ferroviaire": "rail",
    "inland": "inland_waterway", "barge": "inland_waterway", "fluvial": "inland_waterway",
    "binnenschiff": "inland_waterway",
    "poste": "post", "correos": "post", "postal": "post",
}  # fmt: skip


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(heading))


def field_of(heading: str) -> str:
    """The field that a heading names, or an empty text."""
    plain = _plain(heading)
    return _STRONG.get(plain) or _WEAK.get(plain) or ""


def strongly(heading: str) -> bool:
    return _plain(heading) in _STRONG


# --- The columns of one file --------------------------------------------------------------------------------------


def has_email(headings: Sequence[str]) -> bool:
    return any(field_of(mailbox.clean(heading)) == "email" for heading in headings)


def mapped(sheet: Sheet, *, told: dict[str, str]) -> dict[int, str] | Question:
    """Column index → field; what a person said wins, and of two columns for one field the person must choose.

    Raises `Unreadable`.
    """
    headings = sheet.headings
    claims: dict[str, list[int]] = {}
    for at, heading in enumerate(headings):
        if name := told[heading] if heading in told else field_of(heading):
            claims.setdefault(name, []).append(at)
    if "email" not in claims:
        return _without_email(sheet)
    for name, columns in claims.items():
        sure = [at for at in columns if headings[at] in told or strongly(headings[at])] or columns
        rivals = {headings[at]: name for at in sure}
        if len(rivals) > 1 or (len(sure) > 1 and headings[sure[0]] not in told):
            text = _("More than one column could be “%(field)s”. Which one is it?") % {"field": FIELDS[name]}
            return Question("columns", text, rivals)
        claims[name] = sure
    return {columns[0]: name for name, columns in claims.items()}


def _without_email(sheet: Sheet) -> Question:
    """Asks when a column without a heading we know is full of addresses; else there is nothing to import."""
    headings, records = sheet.headings, sheet.records
    if any("@" in heading for heading in headings):
        raise Unreadable(_("The first row must hold headings; here it holds an address."))
    count: Counter[int] = Counter()
    for record in records:
        count.update(at for at, cell in enumerate(record.cells[: len(headings)]) if "@" in cell)
    full = [at for at, hits in count.items() if hits * 2 > len(records)]
    if full:
        text = _("Which column holds the e-mail addresses?")
        return Question("columns", text, {headings[at]: "email" for at in full})
    message = _("No column holds e-mail addresses. The headings found are: %(headings)s.")
    raise Unreadable(message % {"headings": ", ".join(heading or "–" for heading in headings)})
