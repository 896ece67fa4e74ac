"""What came back changes what went out, once, and only what the table of states allows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from base.models import AuditEntry
from delivery import envelope, intake, receipts, seals, suppression
from delivery.addresses import Reason
from delivery.inbound import Kind
from delivery.intake import Taken
from delivery.models import Address, Delivery, Inbound, TurnedAway
from delivery.states import State
from delivery.verdicts import Fault, verdict

from .post import MEMBER, NOW, address, arrives, case, report, sent
from .test_inbound import complaint

pytestmark = pytest.mark.django_db


def state_of(delivery: Delivery) -> str:
    return Delivery.objects.get(pk=delivery.pk).state


def suspended(value: str = MEMBER) -> str:
    return address(value).suppressed_reason


# --- DEL-16, DEL-19, DEL-26 -----------------------------------------------------------------------------------------


def test_delayed_report_is_no_failure_and_suspends_nobody() -> None:
    """DEL-16"""
    for day in range(30):
        delivery = sent(days=day)
        assert arrives(case("b-02", delivery), delivery, days=day) == Taken.KEPT
        assert state_of(delivery) == State.ACCEPTED
    assert not suspended()


def test_absence_note_is_kept_as_a_line_and_nothing_else_happens() -> None:
    """DEL-19, INT-01"""
    delivery = sent()
    before = Delivery.objects.count()
    assert arrives(case("b-04", delivery), delivery, sender="desk@harbourfreight.example") == Taken.KEPT
    row = Inbound.objects.get()
    assert (row.kind, row.raw, row.delivery_id) == (Kind.AUTOMATIC, None, delivery.pk)
    assert state_of(delivery) == State.ACCEPTED
    assert Delivery.objects.count() == before


def test_acknowledgement_of_a_ticket_system_is_no_question() -> None:
    """INT-01"""
    assert arrives(case("b-05"), "notices@fairway.example", sender="support@baltspedycja.example") == Taken.KEPT
    assert Inbound.objects.get().kind == Kind.AUTOMATIC


def test_bounce_of_a_confirmation_counts_like_any_other() -> None:
    """DEL-26: `outbox.post` is how confirmations and acknowledgements leave."""
    for day in (0, 1):
        delivery = sent(days=day)
        assert arrives(case("b-01", delivery), delivery, days=day) == Taken.KEPT
        delivery.refresh_from_db()
        assert (delivery.state, delivery.code, delivery.reply) == (State.BOUNCED, "5.1.1", "550 5.1.1 User unknown")
    assert suspended() == Reason.BOUNCED


# --- Once ---------------------------------------------------------------------------------------------------------


def test_same_mail_through_two_doors_counts_once() -> None:
    delivery = sent()
    raw = case("b-01", delivery)
    assert arrives(raw, delivery) == Taken.KEPT
    other = b"Received: from mx by imap\r\nDelivered-To: x\r\n" + raw.replace(b"\r\n", b"\n") + b"\n\n"
    assert arrives(other, delivery, door="imap") == Taken.AGAIN
    assert Inbound.objects.count() == 1


def test_receipt_for_a_row_without_a_state_waits_until_it_has_one() -> None:
    delivery = sent(state=State.PENDING)
    arrives(report(delivery), delivery)
    assert (state_of(delivery), Inbound.objects.get().applied_at) == (State.PENDING, None)
    assert receipts.sweep(now=NOW) == 0
    Delivery.objects.filter(pk=delivery.pk).update(state=State.ACCEPTED)
    assert receipts.sweep(now=NOW) == 1
    assert receipts.sweep(now=NOW) == 0
    assert state_of(delivery) == State.BOUNCED


def test_receipt_that_waits_for_ever_is_laid_aside() -> None:
    delivery = sent(state=State.PENDING)
    arrives(report(delivery), delivery)
    assert receipts.sweep(now=NOW + timedelta(days=8)) == 1
    assert state_of(delivery) == State.PENDING


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        (State.ACCEPTED, "delivered", State.DELIVERED),
        (State.UNCERTAIN, "delivered", State.DELIVERED),
        (State.UNCERTAIN, "failed", State.BOUNCED),
        (State.DELIVERED, "failed", State.BOUNCED),
        (State.BOUNCED, "delivered", State.BOUNCED),
        (State.FAILED, "delivered", State.FAILED),
        (State.STOPPED, "failed", State.STOPPED),
        (State.ACCEPTED, "relayed", State.ACCEPTED),
    ],
)
def test_table_of_states_decides_what_a_receipt_changes(before: str, action: str, after: str) -> None:
    delivery = sent(state=before)
    arrives(report(delivery, "2.0.0" if action != "failed" else "5.1.1", action=action), delivery)
    assert state_of(delivery) == after


# --- Forged, stale, strange ---------------------------------------------------------------------------------------


def test_forged_and_strange_mail_gets_nothing_and_is_counted() -> None:
    delivery = sent()
    raw, path = case("b-01", delivery), envelope.return_path(delivery.pk)
    assert arrives(raw, path.replace("bounce+", "bounce+1")) == Taken.FORGED
    assert arrives(raw, f"bounce+{seals.seal('leave', delivery.pk)}@fairway.example") == Taken.FORGED
    assert arrives(raw, path.replace("fairway", "other")) == Taken.UNKNOWN
    assert arrives(raw, "nobody@fairway.example") == Taken.UNKNOWN
    assert arrives(b"x" * (intake.MOST + 1), delivery) == Taken.TOO_BIG
    assert arrives(raw, f"bounce+{seals.seal('bounce', 10**9)}@fairway.example") == Taken.STALE
    assert arrives(raw, delivery, days=31) == Taken.STALE
    assert state_of(delivery) == State.ACCEPTED
    assert not Inbound.objects.exists()
    assert dict(TurnedAway.objects.filter(day=NOW.date()).values_list("reason", "count")) == {
        "forged": 2, "unknown": 2, "too_big": 1, "stale": 1,
    }  # fmt: skip


def test_no_address_and_no_text_is_kept_of_what_is_not_a_persons() -> None:
    delivery = sent()
    arrives(report(delivery, words="550 5.1.1 <boss@elsewhere.example>: unknown, says MX <x@y.example>"), delivery)
    row = Inbound.objects.get()
    assert row.raw is None
    assert "@" not in row.diagnostic
    assert "unknown" in row.diagnostic


def test_persons_mail_is_kept_whole_and_forgotten_in_time() -> None:
    raw = case("m-01")
    assert arrives(raw, "Questions@Fairway.example", sender="imports@tidewater.example") == Taken.KEPT
    row = Inbound.objects.get()
    assert (row.kind, bytes(row.raw or b""), row.delivery_id) == (Kind.HUMAN, raw, None)
    intake.forget(now=NOW + timedelta(days=31))
    assert Inbound.objects.get().raw is None
    intake.forget(now=NOW + timedelta(days=91))
    assert not Inbound.objects.exists()


def test_canary_that_came_back_says_which_it_was() -> None:
    assert arrives(case("m-01"), f"canary+{seals.seal('canary', 77)}@fairway.example") == Taken.KEPT
    row = Inbound.objects.get()
    assert (row.kind, row.number, row.raw) == (Kind.CANARY, 77, None)


# --- Rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "reply", "fault"),
    [
        ("5.1.1", "", Fault.GONE), ("5.1.10", "", Fault.GONE), ("5.4.4", "", Fault.GONE), ("5.2.1", "", Fault.GONE),
        ("5.2.2", "", Fault.FULL), ("4.2.2", "", Fault.FULL), ("4.4.7", "", Fault.FULL), ("4.1.1", "", Fault.FULL),
        ("5.7.1", "", Fault.OURS), ("5.7.26", "", Fault.OURS), ("5.1.8", "", Fault.OURS), ("5.3.4", "", Fault.OURS),
        ("550", "5.1.1 no such user", Fault.GONE), ("550", "No such user here", Fault.GONE),
        ("550", "5.7.1 blocked, see list", Fault.OURS), ("550", "rejected as spam", Fault.OURS),
        ("552", "", Fault.FULL), ("550", "mailbox full", Fault.FULL), ("554", "no", Fault.OURS),
        ("550", "5.0.0 Requested action not taken", Fault.FULL), ("", "", Fault.FULL),
        ("550", "from 5.1.1.9 refused by policy", Fault.OURS),
    ],
)  # fmt: skip
def test_refusal_is_read_by_code_and_words(code: str, reply: str, fault: Fault) -> None:
    assert verdict(code, reply).fault == fault


def bounce_on(*days: float, status: str) -> None:
    for day in days:
        delivery = sent(days=day)
        arrives(report(delivery, status), delivery, days=day)


def test_two_refusals_on_one_day_suspend_nobody_the_next_day_does() -> None:
    bounce_on(0, 0.1, 0.2, status="5.1.1")
    assert not suspended()
    bounce_on(1, status="5.1.1")
    assert suspended() == Reason.BOUNCED
    entry = AuditEntry.objects.get(action="address.suspend")
    assert entry.facts == {"reason": "bounced", "code": "5.1.1"}
    assert "@" not in entry.target


def test_administration_may_want_one_refusal_to_be_enough(settings) -> None:
    settings.FAIRWAY_HARD_BOUNCE_DAYS = 1
    bounce_on(0, status="5.1.1")
    assert suspended() == Reason.BOUNCED


def test_full_mailbox_is_suspended_after_weeks_and_not_if_it_took_one_between() -> None:
    bounce_on(0, 1, 2, 3, status="5.2.2")
    assert not suspended()
    sent(days=4)
    bounce_on(5, 6, 9, 11, status="5.2.2")
    assert not suspended()  # four days, but less than a week since it took a mail
    bounce_on(13, status="5.2.2")
    assert suspended() == Reason.FULL


def test_full_mailbox_that_gets_many_mails_a_day_is_suspended_as_well() -> None:
    for day in range(8):
        for hour in range(12):
            sent(days=day + hour / 24, state=State.FAILED, code="5.2.2")
    assert suppression.count_refusals(now=NOW + timedelta(days=8)) == 1
    assert suspended() == Reason.FULL


def test_fault_of_our_own_relay_does_not_empty_the_lists(caplog: pytest.LogCaptureFixture) -> None:
    for day in (0, 1):
        for number in range(60):
            delivery = sent(f"p{number}@x.example", days=day)
            arrives(report(delivery, "5.4.4", of=delivery.address.key), delivery, days=day)
    assert Address.objects.filter(suppressed_reason=Reason.BOUNCED).count() == 20
    assert "look at the relay" in caplog.text
    delivery = sent("p59@x.example", days=3)
    arrives(report(delivery, "5.4.4", of="p59@x.example"), delivery, days=3)
    assert suspended("p59@x.example") == Reason.BOUNCED


def test_what_is_our_own_fault_never_suspends() -> None:
    bounce_on(*range(20), status="5.7.1")
    assert not suspended()


def test_server_that_said_it_was_taken_later_than_the_bounce_proves_nothing_yet() -> None:
    """A relay of one's own accepts everything: the refusal of what it accepted comes after."""
    first = sent()
    sent(days=1)
    second = sent(days=2)
    third = sent(days=3)
    arrives(report(first), first, days=3.5)
    assert not suspended()
    arrives(report(second), second, days=3.6)
    arrives(report(third), third, days=4.5)
    assert suspended() == Reason.BOUNCED


def test_refusal_within_the_session_counts_by_the_same_rule_once_the_sending_is_done() -> None:
    sent(state=State.FAILED, code="550", reply="5.1.1 User unknown")
    assert receipts.sweep(now=NOW) == 0
    running = sent(state=State.PENDING, days=1)
    sent(state=State.FAILED, days=1, code="550", reply="5.1.1 User unknown")
    assert suppression.count_refusals(now=NOW) == 1
    assert suspended() == Reason.BOUNCED
    assert suppression.count_refusals(now=NOW) == 0
    running.publication.refresh_from_db()
    assert running.publication.batches_counted == 0


def test_one_mailbox_of_several_behind_an_address_does_not_take_it_off() -> None:
    for day in (0, 1, 2):
        delivery = sent("office@harbourfreight.example", days=day)
        arrives(report(delivery, of="old.clerk@harbourfreight.example"), delivery, days=day)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.code) == (State.ACCEPTED, "5.1.1")
    assert not suspended("office@harbourfreight.example")


@pytest.mark.parametrize("of", [f"<{MEMBER}>", f"'{MEMBER}'", f' "{MEMBER}" ', '"desk"@harbourfreight.example'])
def test_report_that_writes_the_mailbox_in_brackets_or_quotes_is_about_it(of: str) -> None:
    delivery = sent()
    arrives(report(delivery, of=of), delivery)
    assert state_of(delivery) == State.BOUNCED


def test_complaint_counts_however_old_the_notice_is() -> None:
    delivery = sent()
    raw = complaint("abuse", seals.seal("bounce", delivery.pk))
    assert arrives(raw, "abuse@fairway.example", days=200) == Taken.KEPT
    assert suspended() == Reason.COMPLAINT


def test_complaint_ends_the_notices_at_once_and_a_strangers_does_not() -> None:
    delivery = sent()
    assert arrives(complaint("abuse", "7f-" + "0" * 20), "abuse@fairway.example") == Taken.KEPT
    assert not suspended()
    arrives(complaint("abuse", seals.seal("bounce", delivery.pk)), "abuse@fairway.example")
    assert suspended() == Reason.COMPLAINT
    assert state_of(delivery) == State.DELIVERED
