"""One way to draw a form: label, hint and error beside their cause, a summary on top."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import override_settings
from lxml import html

from base.templatetags.fairway import reach


class Pass(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the card")
    note = forms.CharField(label="Note", required=False)
    mode = forms.MultipleChoiceField(
        label="Modes",
        help_text="One or more",
        choices=[("sea", "Sea"), ("air", "Air")],
        widget=forms.CheckboxSelectMultiple,
    )
    agreed = forms.BooleanField(label="I agree", help_text="You can change it later")
    seen = forms.CharField(widget=forms.HiddenInput)


Passes = forms.formset_factory(Pass, extra=0)


def page(**context: Any) -> Any:
    with override_settings(LANGUAGE_CODE="en"):
        return html.fragment_fromstring(
            Template("{% errors form rows %}{{ form }}").render(Context({"rows": None, **context})),
            create_parent="main",
        )


def described(control: Any, tree: Any) -> str:
    return " ".join(
        tree.get_element_by_id(one).text_content().strip() for one in control.get("aria-describedby").split()
    )


def test_a_fresh_form_has_no_summary_and_says_which_answers_are_optional() -> None:
    tree = page(form=Pass())
    assert not tree.find_class("f-errors")
    labels = {label.get("for"): " ".join(label.text_content().split()) for label in tree.iter("label")}
    assert labels["id_name"] == "Name" and labels["id_note"] == "Note (optional)"
    assert described(tree.get_element_by_id("id_name"), tree) == "As on the card"


def test_an_error_stands_beside_its_cause_and_is_read_with_it() -> None:
    tree = page(form=Pass({}))
    name, boxes = tree.get_element_by_id("id_name"), tree.xpath("//fieldset")[0]
    assert name.get("aria-invalid") == "true"
    assert described(name, tree) == "As on the card This field is required."
    assert described(boxes, tree) == "One or more This field is required."
    assert described(tree.get_element_by_id("id_agreed"), tree) == "You can change it later This field is required."


def test_the_summary_takes_the_focus_and_leads_to_every_control() -> None:
    tree = page(form=Pass({}))
    summary = tree.find_class("f-errors")[0]
    assert summary.get("autofocus") is not None and summary.get("tabindex") == "-1"
    for link in summary.iter("a"):
        assert tree.get_element_by_id(link.get("href")[1:]).tag == "input"
    assert [link.text for link in summary.iter("a")][:2] == [
        "Name: This field is required.",
        "Modes: This field is required.",
    ]
    assert "4 answers need another look" in summary.text_content()


def test_the_summary_names_the_row_of_a_formset() -> None:
    rows = Passes({"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "form-0-name": "A"})
    text = Template("{% errors form rows %}").render(Context({"form": None, "rows": rows}))
    assert "Row 2, Name: This field is required." in text and "Row 1, Name" not in text
    assert re.search(r'href="#id_form-1-mode_0"', text)


def test_a_row_of_a_formset_calls_nothing_optional() -> None:
    assert "optional" not in str(Passes(initial=[{}])[0]["note"].as_field_group())


@pytest.mark.parametrize("value", [None, ""])
def test_a_page_without_a_form_has_no_summary(value: Any) -> None:
    assert Template("{% errors form %}").render(Context({"form": value})).strip() == ""


@pytest.mark.parametrize(
    ("how", "links"),
    [
        ("+44 1632 960203", ["tel:+441632960203"]),
        ("956 555 000", ["tel:956555000"]),
        ("vlc@wgcs.example", ["mailto:vlc@wgcs.example"]),
        ("Gate 3: +44 1632 960203 (all day), vlc@wgcs.example.", ["tel:+441632960203", "mailto:vlc@wgcs.example"]),
        ("Desk, 08:00-18:00 until 27.11.2026, quay 1632", []),
        ("<b>+34 956 555 000</b>", ["tel:+34956555000"]),
        ("", []),
    ],
)
def test_numbers_and_mailboxes_can_be_tapped_wherever_they_stand(how: str, links: list[str]) -> None:
    drawn = html.fragment_fromstring(reach(how), create_parent="main")
    assert [link.get("href") for link in drawn.iter("a")] == links
    assert drawn.text_content() == how
