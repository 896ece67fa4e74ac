"""A working day at the desk: write, check, decide, send; two tabs, wrong times, a second click."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from contacts import expansion
from delivery.models import Delivery, Publication
from delivery.states import State
from notices.models import Version
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Any:
    """The office of Algeciras with its two people, a place and one reader."""

    class Desk:
        place = make.place("ESALG")
        officer = make.user("officer", name="Lucía")
        approver = make.user("approver", name="Rachid")
        readers = make.member_list(None, "reader@member.invalid")
        client = Client()

        def as_officer(self) -> Client:
            return make.sign_in(Client(), self.officer)

        def as_approver(self) -> Client:
            return make.sign_in(Client(), self.approver)

        def started(self, client: Client) -> str:
            answer = client.post("/en/desk/new/", {"kind": "port_downtime", "office": self.place.office_id})
            assert answer.status_code == 302
            return str(answer["Location"])

        def filled(self, **changes: str) -> dict[str, Any]:
            return {
                "edit_number": "1", "severity": "Severe", "title_en": "Gale: port gates shut for cargo",
                "body_en": "Winds above 60 knots.", "starts_date": "2027-03-01", "starts_time": "7:30 pm",
                "row-TOTAL_FORMS": "2", "row-INITIAL_FORMS": "0", "row-0-place": "Algeciras",
                "row-0-status": "closed", "row-0-traffic": ["cargo", "empties", "relief", "live_perishable"],
                "row-0-days": "daily", "row-1-place": "", "row-1-status": "closed", "row-1-days": "daily",
                **changes,
            }  # fmt: skip

    return Desk()


def test_closure_is_written_approved_and_read_by_everybody(desk: Any) -> None:
    officer = desk.as_officer()
    edit = desk.started(officer)
    preview = officer.post(edit, desk.filled())["Location"]
    page = officer.get(preview).content.decode()
    assert "Closed to cargo." in page
    assert "Fewer than 3 people at once by e-mail" in page
    assert "20:30" not in page and "19:30 CET" in page and "18:30 UTC" in page
    assert officer.post(f"{preview}submit/").status_code == 302
    approver = desk.as_approver()
    version = Version.objects.get()
    decide = f"/en/desk/v/{version.uid}/decide/"
    assert "Publish to fewer than 3 people now" in approver.get(decide).content.decode()
    assert approver.post(decide, {"digest": version.digest, "decision": "approve"}).status_code == 302
    version.refresh_from_db()
    assert version.state == "issued"
    public = desk.client.get(f"/en/n/{version.notice.reference}/").content.decode()
    assert "Gale: port gates shut for cargo" in public


# AUT-04
def test_second_click_on_publish_shows_the_first_result(desk: Any) -> None:
    version = make.pending(by=desk.officer)
    approver, decide = desk.as_approver(), f"/en/desk/v/{version.uid}/decide/"
    answers = [approver.post(decide, {"digest": version.digest, "decision": "approve"}) for _click in range(3)]
    assert [answer["Location"] for answer in answers] == [f"/en/desk/v/{version.uid}/sending/"] * 3
    assert Publication.objects.count() == 1


def test_report_tells_no_outcome_of_one_person_apart_from_two(desk: Any) -> None:
    version = make.pending(by=desk.officer)
    make.member_list(None, *(f"m{number}@member.invalid" for number in range(5)))
    approver = desk.as_approver()
    approver.post(f"/en/desk/v/{version.uid}/decide/", {"digest": version.digest, "decision": "approve"})
    publication = Publication.objects.get()
    expansion.expand(publication.pk, now=make.now())
    late = Delivery.objects.filter(publication=publication).first()
    Delivery.objects.filter(publication=publication).exclude(pk=late.pk).update(state=State.ACCEPTED)
    Delivery.objects.filter(pk=late.pk).update(state=State.TOO_LATE)
    facts = approver.get(f"/en/desk/v/{version.uid}/sending/")
    assert [number for _word, number in facts.context["left_out"]] == [None]
    assert 5 in [number for _word, number in facts.context["words"]]
    page = facts.content.decode()
    assert "fewer than 3" in page and "100 percent" in page and " of 6 " not in page


# AUT-02
def test_stale_tab_is_shown_the_newer_text_beside_its_own(desk: Any) -> None:
    officer = desk.as_officer()
    edit = desk.started(officer)
    officer.post(edit, desk.filled(title_en="The newer title for cargo"))
    answer = officer.post(edit, desk.filled(title_en="The stale title for cargo"))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "The newer title for cargo" in page and "The stale title for cargo" in page
    assert Version.objects.get().texts.get().title == "The newer title for cargo"


# AUT-02
def test_stale_tab_after_publishing_loses_nothing_and_changes_nothing(desk: Any) -> None:
    version = make.issued(title="Published for cargo")
    officer = make.sign_in(Client(), version.author)
    answer = officer.post(f"/en/desk/v/{version.uid}/edit/", desk.filled(edit_number="2", title_en="Stale for cargo"))
    assert answer.status_code == 409
    assert "Stale for cargo" in answer.content.decode()
    assert version.texts.get().title == "Published for cargo"


# AUT-09
def test_author_sees_why_somebody_else_must_approve(desk: Any) -> None:
    author = make.user("officer", "approver", "headquarters", "administrator")
    version = make.pending(by=author)
    client = make.sign_in(Client(), author)
    answer = client.post(
        f"/en/desk/v/{version.uid}/decide/", {"digest": version.digest, "decision": "approve"}
    )
    assert answer.status_code == 422
    assert "Someone else must approve what you wrote." in answer.content.decode()
    version.refresh_from_db()
    assert version.state == "pending"


# TIM-01
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title_en": ""}, "Title: Say what happened, in one line."),
        ({"starts_time": "noon"}, "Write the time like 19:30."),
        ({"starts_date": "31.4.2027"}, "Write the date like 28.3.2027."),
        ({"ends_date": "2027-03-01", "ends_time": "06:00"}, "The end must be after the start."),
        ({"starts_date": "2027-10-31", "starts_time": "02:30"}, "Choose which one you mean."),
        ({"starts_date": "2027-03-28", "starts_time": "02:30"}, "this time does not exist"),
        ({"row-0-place": "Atlantis"}, "No place fits."),
        ({"row-0-traffic": []}, "Tick whom this is for."),
    ],
)
def test_wrong_input_is_told_beside_its_field_and_kept(desk: Any, changes: dict[str, Any], words: str) -> None:
    officer = desk.as_officer()
    edit = desk.started(officer)
    answer = officer.post(edit, desk.filled(body_en="Kept as typed.", **changes))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "Kept as typed." in page


# TIM-01
def test_time_that_comes_twice_is_taken_as_chosen(desk: Any) -> None:
    officer = desk.as_officer()
    edit = desk.started(officer)
    answer = officer.post(
        edit, desk.filled(starts_date="2027-10-31", starts_time="02:30", starts_which="1")
    )
    assert answer.status_code == 302
    assert Version.objects.get().starts_at.isoformat() == "2027-10-31T01:30:00+00:00"  # type: ignore[union-attr]


def test_control_characters_and_line_breaks_never_get_in(desk: Any) -> None:
    officer = desk.as_officer()
    edit = desk.started(officer)
    officer.post(edit, desk.filled(title_en="Closed to cargo\r\nBcc: x@y.example\x00\x0b"))
    assert Version.objects.get().texts.get().title == "Closed to cargo Bcc: x@y.example"


def test_nobody_of_another_office_learns_of_a_draft(desk: Any) -> None:
    version = make.written(by=desk.officer)
    stranger = make.sign_in(Client(), make.user("officer", at=make.office("of-other")))
    for page in ("", "edit/", "decide/", "mail/en/"):
        assert stranger.get(f"/en/desk/v/{version.uid}/{page}").status_code == 404


def test_returned_text_comes_back_with_its_reason(desk: Any) -> None:
    version = make.pending(by=desk.officer)
    approver = desk.as_approver()
    decide = f"/en/desk/v/{version.uid}/decide/"
    empty = approver.post(decide, {"digest": version.digest, "decision": "return"})
    assert "Say why" in empty.content.decode()
    approver.post(decide, {"digest": version.digest, "decision": "return", "reason": "Name the quay"})
    assert "Name the quay" in desk.as_officer().get("/en/desk/").content.decode()


def test_test_copy_goes_to_me_alone_and_says_so(desk: Any) -> None:
    version = make.written(by=desk.officer)
    desk.as_officer().post(f"/en/desk/v/{version.uid}/test/")
    delivery = Delivery.objects.get()
    assert delivery.address.key == desk.officer.email
    assert delivery.message.subject.startswith("[TEST]")


def test_nothing_is_published_to_nobody(desk: Any) -> None:
    desk.readers.memberships.all().delete()
    make.member_list(None, "elsewhere@member.invalid", places=[0])
    version = make.pending(by=desk.officer)
    answer = desk.as_approver().post(
        f"/en/desk/v/{version.uid}/decide/", {"digest": version.digest, "decision": "approve"}
    )
    assert "Nobody would be reached." in answer.content.decode()
    assert Publication.objects.count() == 0


def test_sending_can_be_paused_and_stopped_by_those_who_may(desk: Any) -> None:
    version = make.issued(by=desk.officer)
    officer = desk.as_officer()
    sending = f"/en/desk/v/{version.uid}/sending/"
    assert officer.post(f"{sending}hold/").status_code == 302
    assert "Paused." in officer.get(sending).content.decode()
    officer.post(f"{sending}stop/")
    assert "Stopped by hand." in officer.get(sending).content.decode()
    assert make.sign_in(Client(), make.user("auditor")).post(f"{sending}stop/").status_code == 403


def test_a_sending_that_was_over_before_it_was_replaced_reads_as_done(desk: Any) -> None:
    first, hasty = make.issued(by=desk.officer), make.issued(by=desk.officer)
    for version, state in ((first, State.ACCEPTED), (hasty, State.SUPERSEDED)):
        expansion.expand(version.publication_id, now=make.now())
        assert Delivery.objects.filter(publication=version.publication_id).update(state=state)
        make.next_version(version.notice)
    officer = desk.as_officer()
    said = [officer.get(f"/en/desk/v/{version.uid}/sending/").content.decode() for version in (first, hasty)]
    assert "Done." in said[0] and "Cut short by a newer version." in said[1]


def test_desk_lists_what_the_own_office_published_and_every_link_opens(desk: Any) -> None:
    mine = make.issued(title="Mine", by=desk.officer, approver=desk.approver)
    dover = make.office("of-dvr")
    make.issued(make.row(make.place("GBDVR", at=dover)), title="Theirs", by=make.user("officer", at=dover))
    client = desk.as_officer()
    page = client.get("/en/desk/").content.decode()
    assert "Mine" in page and "Theirs" not in page
    assert client.get(f"/en/desk/v/{mine.uid}/").status_code == 200


def test_only_who_may_write_is_offered_an_update_or_a_withdrawal(desk: Any) -> None:
    version = make.issued(by=desk.officer, approver=desk.approver)
    assert "Withdraw this notice" in desk.as_officer().get(f"/en/desk/v/{version.uid}/").content.decode()
    assert "Withdraw this notice" not in desk.as_approver().get(f"/en/desk/v/{version.uid}/").content.decode()


def test_desk_shows_titles_in_the_language_of_the_page(desk: Any) -> None:
    version = make.written(title="Gale", by=desk.officer)
    version.texts.create(language="fr", title="Coup de vent")
    page = desk.as_officer().get("/fr/desk/").content.decode()
    assert "Coup de vent" in page and ">Gale<" not in page


def test_the_desk_shows_what_is_being_sent_until_it_has_left(desk: Any) -> None:
    version = make.issued(by=desk.officer)
    officer = desk.as_officer()
    assert "Being sent" in officer.get("/en/desk/").content.decode()
    Publication.objects.filter(pk=version.publication_id).update(enlisted_at=make.now())
    assert "Being sent" not in officer.get("/en/desk/").content.decode()
