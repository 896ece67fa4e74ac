"""What people call the columns of a member list, in English, French, Spanish and German."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

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
    "consent_basis": ("consentbasis, basis, legalbasis, ground, baselegale, basejuridica, rechtsgrundlage", ""),
    "consent_at": (
        "consentat, consentdate, dateofconsent, consentedon, agreedon, dateduconsentement, accordle, dateaccord, "
        "fechadeconsentimiento, einwilligungvom, einwilligungsdatum",
        "",
    ),
}
FIELDS = {
    "email": _("E-mail"),
    "company": _("Company"),
    "contact": _("Contact"),
    "language": _("Language"),
    "ports": _("Places"),
    "phone": _("Phone"),
    "country": _("Country"),
    "modes": _("Modes"),
    "sector_role": _("Role"),
    "consent_basis": _("Ground of consent"),
    "consent_at": _("Consent date"),
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
