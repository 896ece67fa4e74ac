"""A message from outside becomes a draft by a person's click, with its source, and goes the usual way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from base.errors import Refused
from base.models import AuditEntry
from notices import lifecycle
from notices.digest import digest_of
from notices.incoming import keeping, sources, using
from notices.incoming.words import Form, State
from notices.models import Item, Source, Version
from tests import make

from .test_fetching import AT
from .test_reading import case

pytestmark = pytest.mark.django_db


def came(name: str = "cap-01", *, at: Any = None, now: datetime = AT) -> Item:
    """The message of a case, at Algeciras, as a file."""
    at = at or make.office()
    make.place("ESALG", at=at)
    document = case(name).replace(b"GBDVR", b"ESALG")
    return using.upload(document, office=at, by=make.user("officer", at=at), now=now)[0]


def drafted(item: Item, *, by: Any = None, **options: Any) -> Version:
    by = by or make.user("officer", at=item.office)
    options = {"kind": "port_downtime", "ends": False, "now": AT} | options
    return using.draft(item, office=item.office, by=by, **options)


def test_draft_holds_what_the_message_says_and_where_it_came_from() -> None:
    item = came()
    version = drafted(item)
    assert version.state == Version.State.DRAFT
    assert (version.severity, version.urgency, version.certainty) == ("Moderate", "Future", "Observed")
    assert (version.starts_at, version.ends_at) == (datetime(2027, 2, 13, 22, tzinfo=UTC), None)
    assert [(row.place.locode, row.status) for row in version.rows.all()] == [("ESALG", "unknown")]
    assert version.title_here == "Import declarations at Dover unavailable Saturday night"
    told = version.based_on
    assert told is not None
    assert (told.name, told.sender) == ("Customs Notice Office (example)", "notices@customs.example")
    assert (told.url, told.fetched_at, told.item) == ("https://portal.example/n/1042", AT, str(item.uid))
    item.refresh_from_db()
    assert (item.state, item.notice) == (State.USED, version.notice)


def test_who_made_the_draft_answers_for_it_and_another_approves() -> None:
    officer = make.user("officer", "approver")
    version = drafted(came(), by=officer)
    assert version.author == officer
    make.member_list(None, "reader@member.invalid")
    version = lifecycle.submit(version, by=officer, now=AT)
    with pytest.raises(lifecycle.OwnApproval):
        lifecycle.approve(version, by=officer, digest=version.digest, now=AT)
    approver = make.user("approver")
    assert lifecycle.approve(version, by=approver, digest=version.digest, now=AT).state == Version.State.ISSUED


def test_source_is_part_of_what_is_approved_and_stays_with_later_versions() -> None:
    version = drafted(came())
    before = digest_of(version)
    Version.objects.filter(pk=version.pk).update(source={**version.source, "name": "Somebody else"})
    version.refresh_from_db()
    assert digest_of(version) != before
    make.member_list(None, "reader@member.invalid")
    version = lifecycle.submit(version, by=version.author, now=AT)
    version = lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=AT)
    following = lifecycle.revise(version.notice, by=version.author, now=AT)
    assert following.based_on == version.based_on


def test_saving_in_the_editor_keeps_the_source() -> None:
    version = drafted(came())
    saved = lifecycle.edit(version, by=version.author, edit_number=2, draft=make.draft(), now=AT)
    assert saved.based_on is not None


def test_second_click_makes_no_second_draft() -> None:
    item = came()
    drafted(item)
    with pytest.raises(using.Used):
        drafted(item)
    assert Version.objects.count() == 1


def test_officer_of_another_office_can_neither_use_nor_put_aside() -> None:
    item, stranger = came(), make.user("officer", at=make.office("of-other"))
    with pytest.raises(PermissionDenied):
        drafted(item, by=stranger)
    with pytest.raises(PermissionDenied):
        keeping.put_aside(item, by=stranger, now=AT)
    assert list(Item.objects.visible_to(stranger)) == []


def test_exercise_from_outside_becomes_an_exercise_and_a_test_a_test() -> None:
    assert drafted(came("cap-06")).status == "Test"


def test_message_that_came_by_two_ways_is_one_item() -> None:
    item = came()
    again, new = using.upload(
        case("cap-01").replace(b"GBDVR", b"ESALG"), office=item.office, by=make.user("officer"), now=AT
    )
    assert (again, new) == (item, False)


@pytest.mark.parametrize(
    ("document", "said"),
    [(b"%PDF-1.7", "This is not XML"), (b"<html/>", "not a message of CAP 1.2"), (b"", "This is not XML"),
     (b"<alert/>", "not a message of CAP 1.2")],
)  # fmt: skip
def test_wrong_file_is_refused_with_what_is_wrong(document: bytes, said: str) -> None:
    with pytest.raises(using.Unusable) as refused:
        using.upload(document, office=make.office(), by=make.user("officer"), now=AT)
    assert said in str(refused.value) and refused.value.field == "file"
    assert not Item.objects.exists()


def test_what_nobody_needed_is_forgotten_after_a_year_and_what_was_used_is_not() -> None:
    item, used = came(), came("cap-05")
    drafted(used)
    keeping.put_aside(item, by=make.user("officer"), now=AT)
    assert keeping.forget(now=AT + timedelta(days=364)) == 0
    assert keeping.forget(now=AT + timedelta(days=366)) == 1
    assert list(Item.objects.all()) == [used]


# --- News of what was used ----------------------------------------------------------------------------------------


def published(item: Item) -> Version:
    version = drafted(item)
    make.member_list(None, "reader@member.invalid")
    version = lifecycle.submit(version, by=version.author, now=AT)
    return lifecycle.approve(version, by=make.user("approver"), digest=version.digest, now=AT)


def test_update_of_what_became_a_notice_stands_at_that_notice_and_becomes_its_next_version() -> None:
    version = published(came())
    news = came("cap-02")
    assert list(Item.objects.news_about(version.notice)) == [news]
    following = using.revise(news, by=version.author, now=AT)
    assert (following.notice, following.msg_type, following.number) == (version.notice, "Update", 2)
    assert following.title_here == news.title
    assert following.based_on is not None and following.based_on.item == str(news.uid)
    assert [row.place.locode for row in following.rows.all()] == ["ESALG"]
    assert not Item.objects.news_about(version.notice).exists()


def test_cancel_of_what_became_a_notice_becomes_its_withdrawal() -> None:
    version = published(came())
    following = using.revise(came("cap-03"), by=version.author, now=AT)
    assert (following.action, following.msg_type) == ("withdraw", "Cancel")


def test_news_of_a_notice_that_is_still_a_draft_is_refused_and_waits() -> None:
    version, news = drafted(came()), came("cap-02")
    with pytest.raises(Refused):
        using.revise(news, by=version.author, now=AT)
    news.refresh_from_db()
    assert (news.state, news.notice) == (State.WAITING, version.notice)


# --- Sources ------------------------------------------------------------------------------------------------------

FEED = {"name": "Met office", "url": "https://met.example/rss", "form": Form.FEED}


def test_officer_adds_a_source_for_the_own_office_and_headquarters_for_any() -> None:
    office, now = make.office(), make.now()
    sources.add(**FEED, office=office, by=make.user("officer", at=office), now=now)
    other = make.office("of-other")
    house = make.organisation("administration", code="house")
    sources.add(**FEED, office=other, by=make.user("headquarters", at=house), now=now)
    with pytest.raises(PermissionDenied):
        sources.add(**FEED, office=other, by=make.user("officer", at=office), now=now)
    assert Source.objects.filter(due_at=now).count() == 2
    assert AuditEntry.objects.filter(action="source.add").count() == 2


def test_address_is_looked_at_once_and_only_if_it_is_public() -> None:
    office, officer = make.office(), make.user("officer")
    sources.add(**FEED, office=office, by=officer, now=AT)
    with pytest.raises(sources.Known):
        sources.add(**FEED, office=office, by=officer, now=AT)
    with pytest.raises(Refused):
        sources.add(**FEED | {"url": "https://192.168.1.1/rss"}, office=office, by=officer, now=AT)


def test_removed_source_takes_what_nobody_used_from_the_inbox_and_leaves_the_rest() -> None:
    item, used = came(), came("cap-05")
    drafted(used)
    source = sources.add(**FEED, office=item.office, by=make.user("officer"), now=AT)
    Item.objects.update(source=source)
    sources.remove(source, by=make.user("officer"), now=AT + timedelta(hours=1))
    item.refresh_from_db()
    used.refresh_from_db()
    assert (item.state, used.state, used.source) == (State.ASIDE, State.USED, None)
