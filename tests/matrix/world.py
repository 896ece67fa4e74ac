"""One small world with everything that can belong to somebody, and the people who ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile

from base import links
from contacts import applications, by_phone, imports, people, subscribe, two_person
from contacts.models import (
    ApiKey,
    Application,
    Connection,
    ImportRun,
    Invitation,
    MemberList,
    Organisation,
    Subscription,
    TwoPersonChange,
    User,
)
from delivery import addresses, seals
from dialogue.cases import files, intake, mails
from dialogue.cases.models import Case, CaseFile
from notices.incoming import sources, using
from notices.models import Crisis, Item, Source, Template, Version
from tests import make

MEMBERS = b"email,company,consent_basis\nfirst@member.invalid,First,opt_in\nnot an address,Second,opt_in\n"
NETWORK = "192.0.2.0/24"
CAP = Path(__file__).parent.parent / "cases" / "cap" / "cap-01-alert-planned-downtime.xml"


@dataclass
class World:
    association: Organisation
    member_list: MemberList
    connection: Connection
    dry_run: ImportRun
    imported: ImportRun
    draft: Version
    pending: Version
    issued: Version
    scheduled: Version
    alone: Version
    case: Case
    case_file: CaseFile
    unverified: Case
    wish: Subscription
    reader: int
    invitation: Invitation
    application: Application
    unconfirmed: Application
    colleague: User
    office: Organisation
    change: TwoPersonChange
    template: Template
    api_key: ApiKey
    crisis: Crisis
    item: Item
    source: Source
    people: dict[str, User] = field(default_factory=dict)


def build() -> World:
    office, association = make.office(), make.association("as-one")
    persons = _people(office, association)
    member_list = make.member_list(association, "reader@member.invalid", "gone@member.invalid")
    gone = addresses.get_or_create("gone@member.invalid")
    addresses.suppress(gone.pk, reason=addresses.Reason.BOUNCED, now=make.now())
    manager = persons["association_manager"]
    runs = [
        imports.prepare(member_list, data=MEMBERS, file_name="m.csv", by=manager, now=make.now()) for _ in range(2)
    ]
    author, approver = persons["author"], persons["approver"]
    house = persons["administrator"].seats()[0].organisation
    reader = addresses.get_or_create("reader@member.invalid").pk
    case = intake.verify(_ask("asker@company.invalid"), now=make.now())
    make.at_work()
    return World(
        association=association,
        member_list=member_list,
        connection=make.connection(association, by=manager),
        dry_run=runs[0],
        imported=imports.apply(runs[1], by=manager, ground="membership_terms", now=make.now()),
        draft=make.written(by=author, title="Unsaid draft"),
        pending=make.pending(by=author, title="Unsaid pending"),
        issued=make.issued(by=author, approver=approver, title="Said aloud"),
        alone=make.alone(by=author, title="Said alone"),
        scheduled=make.scheduled(by=author, approver=approver, title="Unsaid scheduled"),
        case=case,
        case_file=_file_of(case),
        unverified=_ask("stranger@company.invalid"),
        wish=Subscription.objects.create(
            address=addresses.get_or_create("follower@company.invalid"), created_at=make.now()
        ),
        reader=reader,
        invitation=_invite(persons["administrator"], office),
        application=applications.verify(_apply("Applicants"), now=make.now()),
        unconfirmed=_apply("Strangers"),
        colleague=make.user("member", at=association),
        office=office,
        change=two_person.ask_email_change(
            make.user("member", at=association),
            by=make.user("administrator", at=house),
            email="moved@member.invalid",
            now=make.now(),
        ),
        template=make.template("Storm"),
        api_key=make.api_key(office, by=author)[0],
        crisis=make.crisis(by=persons["headquarters"], partners=[("Coast guard", "https://coast.example/")]),
        item=_from_outside(author, office),
        source=sources.add(
            name="Port", url="https://port.example/rss", form="feed", office=office, by=author, now=make.now()
        ),
        people=persons,
    )


def _people(office: Organisation, association: Organisation) -> dict[str, User]:
    house = make.organisation("administration", code="house")
    persons = {
        "association_member": make.user("member", at=association),
        "association_manager": make.user("association_manager", at=association),
        "other_association": make.user("association_manager", at=make.association("as-two")),
        "author": make.user("officer", at=office),
        "approver": make.user("approver", at=office),
        "other_office_officer": make.user("officer", at=make.office("of-other")),
        "liaison": make.user("liaison", at=house),
        "headquarters": make.user("headquarters", at=house),
        "auditor": make.user("auditor", at=house),
        "administrator": make.user("administrator", at=house),
    }
    hashed = make_password(make.PASSWORD)  # once: Argon2 takes its time by design
    for person in persons.values():
        person.password = hashed
        person.save(update_fields=["password"])
    return persons


def _from_outside(by: User, office: Organisation) -> Item:
    return using.upload(CAP.read_bytes(), office=office, by=by, now=make.now())[0]


def _invite(by: User, office: Organisation) -> Invitation:
    return people.invite(
        by=by, email="invited@wgcs.example", name="", language="en", organisation=office, role="officer",
        now=make.now(),
    )  # fmt: skip


def _apply(name: str) -> Application:
    wish = applications.Wish(
        name=name, country="ES", sectors=("shipping",), contact="A Person", email="chair@applicants.invalid"
    )
    applications.apply(wish, ip_prefix=NETWORK, now=make.now())
    return Application.objects.get(name=name)


def _ask(email: str) -> Case:
    about = make.place().locode
    question = intake.Question(email=email, subject="Second driver", message="May he?", company="K", about=about)
    return intake.ask(question=question, ip_prefix=NETWORK, now=make.now())


def _file_of(case: Case) -> CaseFile:
    upload = SimpleUploadedFile("note.txt", b"A note")
    parcel = files.take_in(token="", uploads=[upload], remove=[], ip_prefix=NETWORK, now=make.now())
    files.adopt(parcel.draft, case)
    return case.files.get()


def _member(world: World) -> int:
    """One of the list that the matrix asks about."""
    return int(world.member_list.memberships.order_by("pk").values_list("pk", flat=True)[0])


def arguments(world: World, name: str, of: str, identity: str) -> dict[str, Any]:
    """What the address `name` needs in its path. Links are good for `link_holder` alone."""
    if name in LINKS:
        file = {"uid": world.case_file.uid} if name == "case_track_file" else {}
        return {"token": token(world, name, identity), **file}
    if name == "case_file":
        return {"reference": world.case.reference, "uid": world.case_file.uid}
    if name in ("case_detail", "case_keep"):
        return {"reference": world.case.reference}
    thing = getattr(world, of) if of else None
    uid = {"uid": thing.uid} if thing is not None else {}
    reference = {"reference": world.issued.notice.reference}
    return {
        "applications": {},
        "inbound_hook": {"provider": "relay"},
        "crises": {},
        "crisis_edit": {"reference": world.crisis.reference},
        "crisis_level": {"reference": world.crisis.reference},
        "partner_check": {"reference": world.crisis.reference, "pk": world.crisis.partners.get().pk},
        "crisis": {"reference": world.crisis.reference},
        "permanent": reference,
        "notice": reference,
        "cap_message": reference | {"number": 1},
        "place": {"locode": make.place().locode},
        "place_csv": {"locode": make.place().locode, "what": "downtime"},
        "place_poster": {"locode": make.place().locode},
        "api_notices-detail": reference,
        "api_notices-versions": reference,
        "api_drafts-detail": {"id": world.draft.notice.uid},
        "api_places-detail": {"code": make.place().locode},
        "permanent_version": reference | {"number": 1},
        "notice_version": reference | {"number": 1},
        "version_mail": uid | {"language": "en"},
        "version_revise": uid | {"action": "update"},
        "sending_control": uid | {"verb": "hold"},
        "list_export": uid | {"form": "csv"},
        "member_try_again": uid | {"pk": _member(world)},
        "association": {"code": world.association.code},
        "association_mark": {"code": world.association.code},
        "association_relay": uid | {"code": world.association.code},
        "connection_act": uid | {"verb": "pause"},
        "incoming_act": uid | {"verb": "aside"},
        "source_act": uid | {"verb": "pause"},
        "template": {"pk": world.template.pk},
        "template_remove": {"pk": world.template.pk},
        "seat_end": {"pk": world.colleague.seats()[0].pk},
        "person_switch_off": {"pk": world.colleague.pk},
        "factor_reset": {"pk": world.colleague.pk},
        "person_email": {"pk": world.colleague.pk},
        "account_reset_password_from_key": {"uidb36": "1", "key": "nonsense"},
    }.get(name, uid)


# URL name → purpose of its link, and what it is for
LINKS = {
    "leave": ("leave", "reader"),
    "follow_confirm": (subscribe.CONFIRM, "wish"),
    "follow_manage": (subscribe.MANAGE, "reader"),
    "follow_phone": (by_phone.CODE, "wish"),
    "apply_confirm": (applications.VERIFY, "unconfirmed"),
    "case_sent": (mails.SENT, "case"),
    "case_verify": (mails.VERIFY, "unverified"),
    "case_track": (mails.TRACK, "case"),
    "case_track_file": (mails.TRACK, "case"),
    "case_close": (mails.TRACK, "case"),
    "invitation": (people.PURPOSE, "invitation"),
}


def token(world: World, name: str, identity: str) -> str:
    """The right link; for `others_link` one of ours that is for something else; for everybody else a forged one."""
    purpose, of = LINKS[name]
    thing = getattr(world, of)
    value = thing if isinstance(thing, int) else thing.uid.hex
    if identity == "others_link":
        purpose = "something.else"
    elif identity != "link_holder":
        return "forged-token"
    if name == "leave":
        return seals.seal(purpose, thing)
    return links.sign(purpose, value)
