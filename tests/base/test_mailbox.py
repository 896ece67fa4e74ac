"""Addresses as typed, as compared, and what is wrong with them."""

import pytest

from base import mailbox


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Anna.Berg@Fjordlast.Example", "anna.berg@fjordlast.example"),
        ("post@bücher-fracht.example", "post@xn--bcher-fracht-dlb.example"),
        ("post@XN--bcher-fracht-dlb.example", "post@xn--bcher-fracht-dlb.example"),
        ("info@łódź-cargo.example", "info@xn--d-cargo-k0a42esr.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
    ],
)
def test_key_is_the_same_for_every_spelling(typed, key):
    assert mailbox.key(typed) == key


@pytest.mark.parametrize(
    "wrong",
    ["", "nobody", "a b@c.example", "a@@b.example", "a@b.example;c@d.example", "a@b", "@b.example", "a@",
     ".a@b.example", "a..b@c.example", "ä@b.example", "a@-b.example", "a@b_c.example", "a@1.2.3.4", "a@☃.example",
     f"{'a' * 65}@b.example"],
)  # fmt: skip
def test_wrong_address_has_a_reason(wrong):
    assert mailbox.problem(wrong)


@pytest.mark.parametrize(
    "right", ["a@b.example", "traffic+dover@isle.example", "o'neill@b.example", "a@bücher.example"]
)
def test_right_address_has_none(right):
    assert mailbox.problem(right) is None


def test_what_nobody_sees_is_cleaned_away():
    assert mailbox.clean("\ufeff\u200e a@zero\u200bwidth.example\xa0\t") == "a@zerowidth.example"
    assert mailbox.unwrap("Anna Berg <anna@b.example>") == "anna@b.example"
    assert mailbox.unwrap("mailto:anna@b.example") == "anna@b.example"


def test_line_break_never_becomes_a_second_header():
    assert mailbox.problem(mailbox.clean("a@b.example\r\nBcc: c@d.example"))
