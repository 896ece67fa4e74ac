"""A notice may be for AEO holders or some sectors alone; what is severe never is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from contacts import audience, expansion
from contacts.models import Membership, Organisation, Subscription
from delivery import addresses
from delivery.models import Delivery
from notices import lifecycle, rules
from notices.facets import facets_of
from notices.models import Version
from tests import make

from .test_changes import drafted, told
from .test_editor import editor, posted

pytestmark = pytest.mark.django_db
AEO, PLAIN, UNKNOWN = "aeo@member.invalid", "plain@member.invalid", "unknown@member.invalid"


def association(code: str, *sectors: str) -> Organisation:
    made = make.association(code)
    Organisation.objects.filter(pk=made.pk).update(sectors=list(sectors))
    return made


def members() -> None:
    """Three of the pharmacists, of whom one is AEO, and one haulier."""
    make.member_list(association("as-pharma", "pharma"), AEO, PLAIN, UNKNOWN)
    make.member_list(association("as-road", "road_haulage"), "lorry@member.invalid")
    Membership.objects.filter(address__key=AEO).update(is_aeo=True)
    Membership.objects.filter(address__key=PLAIN).update(is_aeo=False)


def reached(**narrowed: Any) -> set[str]:
    version = make.issued(severity="Moderate", audience=narrowed)
    expansion.expand(version.publication_id, now=make.now())
    return set(Delivery.objects.filter(publication=version.publication_id).values_list("address__key", flat=True))


def test_a_notice_for_aeo_holders_reaches_those_who_are_and_nobody_of_whom_it_is_not_known() -> None:
    members()
    assert reached(aeo=True) == {AEO}


def test_a_notice_for_a_sector_reaches_the_lists_of_its_associations() -> None:
    members()
    make.member_list(association("as-all", "sector_agnostic"), "all@member.invalid")
    make.member_list(association("as-silent"), "silent@member.invalid")
    assert reached(sectors=["pharma"]) == {AEO, PLAIN, UNKNOWN, "all@member.invalid", "silent@member.invalid"}
    assert reached(sectors=["pharma"], aeo=True) == {AEO}


def test_followers_hear_nothing_of_a_narrowed_notice_and_all_of_any_other() -> None:
    members()
    Subscription.objects.create(
        address=addresses.get_or_create("follower@company.invalid"), state="confirmed", confirmed_at=make.now(),
        created_at=make.now(), least_severity="Minor",
    )  # fmt: skip
    assert "follower@company.invalid" not in reached(sectors=["pharma"])
    assert "follower@company.invalid" in reached()


def test_an_association_counts_those_of_its_members_whom_it_concerns() -> None:
    members()
    pharma, road = (Organisation.objects.get(code=code) for code in ("as-pharma", "as-road"))
    version = make.written(severity="Moderate", audience={"aeo": True, "sectors": ["pharma"]})
    facets = [audience.Facets.from_json(facets_of(version))]
    assert [audience.concerned(facets, one.pk)[0].members for one in (pharma, road)] == [1, 0]


def test_what_is_severe_goes_to_everybody() -> None:
    members()
    version = make.written(severity="Severe", audience={"aeo": True})
    with pytest.raises(rules.Incomplete, match="goes to everybody"):
        lifecycle.submit(version, by=version.author, now=make.now())


def test_narrowing_to_nobody_blocks() -> None:
    make.member_list(association("as-road", "road_haulage"), "lorry@member.invalid")
    version = make.pending(severity="Moderate", audience={"sectors": ["pharma"]})
    with pytest.raises(rules.Unreached):
        lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=make.now())


def test_it_is_approved_as_a_part_of_the_whole_and_told_where_it_changes() -> None:
    members()
    first = make.issued(severity="Moderate", audience={})
    second = drafted(first, severity="Moderate", audience={"aeo": True, "sectors": ["pharma"]})
    assert told(first, second)["Meant for"] == ("", "Pharmaceuticals, authorised economic operators (AEO)")
    pending = make.pending(severity="Moderate", audience={"aeo": True})
    Version.objects.filter(pk=pending.pk).update(audience={})
    pending.refresh_from_db()
    with pytest.raises(lifecycle.Conflict):
        lifecycle.approve(pending, by=make.user("approver"), digest=pending.digest, now=make.now())


def test_the_officer_ticks_it_and_everybody_reads_for_whom_it_is() -> None:
    members()
    version = make.written(severity="Moderate")
    client, page = editor(version)
    form = posted(client.get(page)) | {"aeo_only": "on", "sectors": ["pharma"]}
    assert client.post(page, form).status_code == 302
    version.refresh_from_db()
    assert version.audience == {"aeo": True, "sectors": ["pharma"]}
    assert posted(client.get(page))["sectors"] == ["pharma"]
    version = lifecycle.submit(version, by=version.author, now=make.now())
    lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=make.now())
    assert "authorised economic operators" in Client().get(f"/en/n/{version.notice.reference}/").content.decode()
