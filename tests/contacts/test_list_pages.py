"""An association's list pages: managers alone, upload to dry run to import, taken back, exported."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from base.words import Role
from contacts.models import ImportRun, MemberList, Membership, Organisation, Seat

from .book import CASES, NOW, association, member_list, membership, person

pytestmark = pytest.mark.django_db
GO = {"ground": "membership_terms", "agreed": "on"}


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def on():
    return member_list(association("as-ffa"))


@pytest.fixture
def manager(on):
    return signed_in(person(Role.ASSOCIATION_MANAGER, on.association))


def uploaded(manager, on, name="ma-01-plain.csv", data=None):
    file = SimpleUploadedFile(name, (CASES / name).read_bytes() if data is None else data)
    response = manager.post(reverse("list_upload", args=[on.uid]), {"file": file})
    assert response.status_code == 302, response.content.decode()
    return ImportRun.objects.latest("pk")


def test_upload_shows_a_dry_run_and_the_button_imports_it(manager, on):
    run = uploaded(manager, on, "ma-05-invisible-characters.csv")
    page = manager.get(reverse("import", args=[run.uid]))
    assert "nothing has been stored yet" in page.content.decode()
    assert (page.context["counts"]["add"], page.context["counts"]["refused"]) == (5, 1)
    assert not Membership.objects.exists()
    response = manager.post(reverse("import_apply", args=[run.uid]), GO)
    assert response.url == reverse("import", args=[run.uid])
    assert on.memberships.count() == 5
    assert manager.post(reverse("import_apply", args=[run.uid]), GO).status_code == 302
    assert on.memberships.count() == 5
    assert "Imported" in manager.get(response.url).content.decode()
    assert "tariffs@nbsp-end.example" in manager.get(reverse("list", args=[on.uid])).content.decode()


def test_import_needs_a_word_that_the_members_may_be_written_to(manager, on):
    run = uploaded(manager, on)
    assert manager.post(reverse("import_apply", args=[run.uid]), {"ground": "consent"}).status_code == 422
    assert not Membership.objects.exists()


def test_refused_rows_stop_a_whole_import_and_can_be_downloaded(manager, on):
    run = uploaded(manager, on, "ma-05-invisible-characters.csv")
    assert manager.post(reverse("import_apply", args=[run.uid]), {**GO, "whole": "on"}).status_code == 422
    assert not Membership.objects.exists()
    rows = manager.get(reverse("import_refused", args=[run.uid])).content.decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "a blank inside" in rows[1]


def test_question_about_the_encoding_is_asked_and_answered(manager, on):
    run = uploaded(manager, on, "list.csv", "email,company\na@x.example,Łódź\n".encode("cp1250"))
    page = reverse("import", args=[run.uid])
    assert "Łódź" in manager.get(page).content.decode()
    manager.post(page, {"encoding": "windows-1250"})
    assert manager.get(page).context["counts"]["add"] == 1


def test_question_about_the_columns_is_asked_and_answered(manager, on):
    run = uploaded(manager, on, "list.csv", b"Where,Company\na@x.example,One\n")
    page = reverse("import", args=[run.uid])
    assert manager.get(page).context["question"].about == "columns"
    manager.post(page, {"column-0": "Where", "field-0": "email"})
    assert manager.get(page).context["counts"]["add"] == 1


def test_columns_can_be_mapped_otherwise(manager, on):
    run = uploaded(manager, on, "list.csv", b"email,Firm no\na@x.example,77\n")
    page = reverse("import", args=[run.uid])
    manager.post(page, {"column-0": "email", "field-0": "email", "column-1": "Firm no", "field-1": "company"})
    manager.post(reverse("import_apply", args=[run.uid]), GO)
    assert on.memberships.get().company == "77"


def test_columns_are_remembered_for_the_next_file_with_the_same_headings(manager, on):
    run = uploaded(manager, on, "list.csv", b"email,Firm no\na@x.example,77\n")
    manager.post(
        reverse("import", args=[run.uid]),
        {"column-0": "email", "field-0": "email", "column-1": "Firm no", "field-1": "company"},
    )
    manager.post(reverse("import_apply", args=[run.uid]), GO)
    uploaded(manager, on, "next.csv", b"Courriel,Firm no\nb@x.example,78\n")
    run = ImportRun.objects.latest("pk")
    manager.post(reverse("import_apply", args=[run.uid]), GO)
    assert on.memberships.get(address__key="b@x.example").company == "78"


def test_file_without_a_good_row_offers_no_import_and_removes_nobody(manager, on):
    membership(on, "a@x.example")
    run = uploaded(manager, on, "bad.csv", b"email,company\nno address,One\n")
    page = manager.get(reverse("import", args=[run.uid])).content.decode()
    assert "No row of this file can be imported." in page
    assert reverse("import_apply", args=[run.uid]) not in page
    answer = manager.post(reverse("import_apply", args=[run.uid]), {**GO, "remove_gone": "on"})
    assert answer.status_code == 422
    assert on.memberships.get().state == "active"


def test_file_that_says_nothing_new_offers_no_import(manager, on):
    data = b"email,company\na@x.example,One\n"
    manager.post(reverse("import_apply", args=[uploaded(manager, on, "a.csv", data).uid]), GO)
    page = manager.get(reverse("import", args=[uploaded(manager, on, "a.csv", data).uid])).content.decode()
    assert "There is nothing to import." in page


def test_file_without_addresses_is_refused_in_words(manager, on):
    run = uploaded(manager, on, "ma-12-no-email-column.csv")
    page = manager.get(reverse("import", args=[run.uid]))
    assert page.status_code == 422
    assert "Contact person" in page.content.decode()


@pytest.mark.parametrize("data", [b"", b"\x00" * 40])
def test_empty_or_binary_upload_is_refused_without_an_error_page(manager, on, data):
    file = SimpleUploadedFile("x.csv", data)
    response = manager.post(reverse("list_upload", args=[on.uid]), {"file": file}, follow=True)
    assert response.status_code == 422


def test_import_is_taken_back_by_a_button(manager, on):
    run = uploaded(manager, on)
    manager.post(reverse("import_apply", args=[run.uid]), GO)
    assert "Take this import back" in manager.get(reverse("list", args=[on.uid])).content.decode()
    manager.post(reverse("import_take_back", args=[run.uid]))
    assert not on.memberships.exists()


def test_export_holds_what_was_typed_and_no_formula(manager, on):
    run = uploaded(manager, on, "ma-08-formula-cells.csv")
    manager.post(reverse("import_apply", args=[run.uid]), GO)
    book = load_workbook(io.BytesIO(manager.get(reverse("list_export", args=[on.uid, "xlsx"])).content))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert "=Equal Trade" in {cell.value for cell in cells}
    assert "f" not in {cell.data_type for cell in cells}
    assert b"'=Equal Trade" in manager.get(reverse("list_export", args=[on.uid, "csv"])).content


def test_list_is_added_and_changed(manager, on):
    form = {"name": "Owner-drivers", "way": "on_relay", "direct_from": "Severe"}
    manager.post(reverse("list_new"), form)
    made = MemberList.objects.get(name="Owner-drivers")
    assert (made.association_id, made.way) == (on.association_id, "on_relay")
    assert manager.post(reverse("list_new"), form).status_code == 422
    manager.post(reverse("list_edit", args=[made.uid]), {**form, "way": "direct"})
    made.refresh_from_db()
    assert made.way == "direct"


def people(on):
    office = Organisation.objects.create(kind="office", code="of-x", names={"en": "Office"})
    yield "anonymous", Client(), 302, 302
    yield "member", signed_in(person(Role.MEMBER, on.association)), 200, 403
    yield "manager", signed_in(person(Role.ASSOCIATION_MANAGER, on.association)), 200, 200
    other = association("as-other")
    yield "other association", signed_in(person(Role.ASSOCIATION_MANAGER, other)), 200, 404
    for role in (Role.OFFICER, Role.APPROVER, Role.HEADQUARTERS, Role.ADMINISTRATOR, Role.AUDITOR):
        yield role, signed_in(person(role, office)), (403, 302), (404, 302)


def test_customs_and_other_associations_never_see_a_list(on):
    membership(on, "secret@x.example")
    run = ImportRun.objects.create(
        member_list=on,
        file_name="x.csv",
        sha256="0" * 64,
        content=b"email\na@x.example\n",
        created_at="2027-01-01T00:00Z",
    )
    for who, client, index, inside in people(on):
        index, inside = ((code,) if isinstance(code, int) else code for code in (index, inside))
        response = client.get(reverse("lists"))
        assert response.status_code in index, who
        assert b"secret@x.example" not in response.content
        for name, arguments in (
            ("list", [on.uid]), ("list_edit", [on.uid]), ("list_export", [on.uid, "csv"]), ("import", [run.uid]),
            ("import_refused", [run.uid]),
        ):  # fmt: skip
            response = client.get(reverse(name, args=arguments))
            assert response.status_code in inside, (who, name)
            assert who == "manager" or b"secret" not in response.content


def test_manager_of_several_associations_says_for_which_one_a_list_is(on):
    other, foreign = association("as-two"), association("as-three")
    user = person(Role.ASSOCIATION_MANAGER, on.association)
    Seat.objects.create(user=user, organisation=other, role=Role.ASSOCIATION_MANAGER, started_at=NOW)
    client, form = signed_in(user), {"name": "Fresh", "way": "direct", "direct_from": "Extreme"}
    assert str(other) in client.get(reverse("list_new")).content.decode()
    for choice in ("", foreign.pk):
        assert client.post(reverse("list_new"), form | {"association": choice}).status_code == 422
    client.post(reverse("list_new"), form | {"association": other.pk})
    assert MemberList.objects.get(name="Fresh").association == other
    client.post(reverse("list_new"), form | {"association": on.association.pk})
    assert on.association.lists.filter(name="Fresh").exists()
    assert client.post(reverse("list_new"), form | {"association": other.pk}).status_code == 422
