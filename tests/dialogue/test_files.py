"""Files with a question: told by content, kept apart, read by few, forgotten in time."""

from __future__ import annotations

import struct
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from base import links
from base.words import Role
from dialogue.cases import answers, contents, files, mails, retention
from dialogue.cases.models import FOLDER, Case, CaseFile

from . import people
from .people import NOW

pytestmark = pytest.mark.django_db
CASES = Path(__file__).parent.parent / "cases/intake"
PDF = (CASES / "one-page.pdf").read_bytes()
LONG_NAME = "Zollanmeldung März 2027 – Kopie (2).pdf"
FIELDS = {
    "company": "Kestrel Freight",
    "about": "Dover",
    "subject": "Second driver",
    "message": "May a second driver travel in the cab?",
    "email": "dispatch@kestrel-freight.example",
}


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + b"\0\0\0\0"

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(
        b"IEND", b""
    )


def jpeg(width: int = 1, height: int = 1) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 8, 8, height, width, 0)
    return b"\xff\xd8\xff\xe0\x00\x04ab" + frame + b"\xff\xda\x00\x02\x00\xff\xd9"


def workbook(**more: bytes) -> bytes:
    stream = BytesIO()
    Workbook().save(stream)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, body in more.items():
            archive.writestr(f"xl/{name}.bin", body)
    return stream.getvalue()


def upload(name: str, data: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/pdf")


def check(client: Any, *uploads: SimpleUploadedFile, **fields: Any) -> Any:
    return client.post("/en/ask/", {**FIELDS, "step": "check", "attachments": uploads, **fields})


def token_of(page: Any) -> str:
    token: str = page.context["form"].parcel.token
    return token


def asked_with(client: Any, *uploads: SimpleUploadedFile) -> Case:
    token = token_of(check(client, *uploads))
    client.post("/en/ask/", {**FIELDS, "step": "send", "draft": token})
    return people.intake.verify(Case.objects.get(), now=NOW)


def on_disk() -> set[str]:
    return set(default_storage.listdir(FOLDER)[1]) if default_storage.exists(FOLDER) else set()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("one-page.pdf", PDF),
        (LONG_NAME, PDF),
        ("SCAN.PDF", PDF),
        ("picture.png", png()),
        ("photo.jpeg", jpeg()),
        ("list.csv", "Ort;Größe\nDover;3\n".encode("windows-1252")),
        ("note.txt", "Καλημέρα".encode("utf-16")),
        ("note.txt", "Καλημέρα".encode("windows-1253")),
        ("page.txt", b"<script>alert(1)</script>"),
        ("list.xlsx", workbook()),
    ],
)
def test_file_whose_content_fits_its_name_is_taken(name: str, data: bytes) -> None:
    assert contents.recognise(name, data).mime


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.pdf", b"", "is empty"),
        ("report.error", b"text", "none of the files we take"),
        ("no ending", PDF, "none of the files we take"),
        ("run.exe", b"MZ\x90", "none of the files we take"),
        ("drawing.svg", b"<svg/>", "none of the files we take"),
        ("text-named-pdf.pdf", (CASES / "text-named-pdf.pdf").read_bytes(), "not PDF"),
        ("cut.pdf", PDF[:-8], "not PDF"),
        ("pdf-named.png", PDF, "not PNG"),
        ("cut.png", png()[:-12], "not PNG"),
        ("bomb.png", png(60_000, 60_000), "not PNG"),
        ("bomb.jpg", jpeg(60_000, 60_000), "not JPEG"),
        ("cut.jpg", jpeg()[:-2], "not JPEG"),
        ("pdf-named.txt", PDF, "not text"),
        ("program.csv", b"a;b\n\x00\x01\x02", "not CSV"),
        ("macros.xlsx", workbook(vbaProject=b"x"), "not XLSX"),
        ("any.xlsx", b"PK\x03\x04 and nothing", "not XLSX"),
    ],
)
def test_file_is_refused_by_content_in_words(name: str, data: bytes, said: str) -> None:
    with pytest.raises(contents.Unacceptable) as refusal:
        contents.recognise(name, data)
    assert said in str(refusal.value) and name in str(refusal.value)


@pytest.mark.parametrize("name", ["empty.pdf", "text-named-pdf.pdf"])
def test_refused_file_is_told_beside_its_field_and_nothing_typed_is_lost(client: Any, name: str) -> None:
    page = check(client, upload(name, (CASES / name).read_bytes()), upload("good.pdf"))
    text = page.content.decode()
    assert page.status_code == 422 and not Case.objects.exists()
    assert 'id="id_attachments_error"' in text and 'href="#id_attachments"' in text and name in text
    assert FIELDS["message"] in text and "Remove good.pdf" in text
    again = check(client, draft=token_of(page))
    assert again.status_code == 200 and "good.pdf" in again.content.decode()


def test_accepted_file_is_kept_while_another_answer_is_corrected(client: Any) -> None:
    page = check(client, upload("one-page.pdf"), message="")
    assert page.status_code == 422 and "Remove one-page.pdf" in page.content.decode()
    trapped = check(client, draft=token_of(page), website="https://kestrel.example")
    assert trapped.status_code == 422 and "Remove one-page.pdf" in trapped.content.decode()
    sent = client.post("/en/ask/", {**FIELDS, "step": "send", "draft": token_of(trapped)}, follow=True)
    assert sent.status_code == 200 and Case.objects.get().files.get().name == "one-page.pdf"


def test_file_can_be_taken_back_before_sending(client: Any) -> None:
    page = check(client, upload("one-page.pdf"), upload("photo.jpg", jpeg()))
    kept = page.context["form"].parcel.files[0]
    again = check(client, draft=token_of(page), remove=str(kept.uid))
    assert [file.name for file in again.context["form"].parcel.files] == ["photo.jpg"]
    stranger = check(client, remove=str(again.context["form"].parcel.files[0].uid))
    assert stranger.status_code == 200 and CaseFile.objects.count() == 1


def test_size_and_number_have_limits(client: Any) -> None:
    large = upload("large.txt", b"x" * (files.MAX_BYTES + 1))
    assert "larger than 5 MB" in check(client, large).content.decode()
    many = [upload(f"{number}.txt", f"{number}".encode()) for number in range(files.MAX_FILES + 1)]
    text = check(client, *many).content.decode()
    assert "At most 5 files" in text and "5.txt" in text and CaseFile.objects.count() == files.MAX_FILES


def test_one_network_cannot_fill_the_disk(client: Any) -> None:
    for number in range(12):
        check(client, *[upload(f"{number}-{other}.txt", f"{number} {other}".encode()) for other in range(5)])
    assert "Too many files" in check(client, upload("one-more.pdf")).content.decode()
    assert CaseFile.objects.count() == 60


def test_same_question_twice_keeps_its_files_once_and_another_file_makes_another_question(client: Any) -> None:
    token = token_of(check(client, upload("one-page.pdf"), upload("one-page.pdf")))
    for _ in range(2):
        client.post("/en/ask/", {**FIELDS, "step": "send", "draft": token})
    assert Case.objects.get().files.count() == 1
    client.post("/en/ask/", {**FIELDS, "message": "Another", "step": "send", "draft": token})
    assert [case.files.count() for case in Case.objects.order_by("id")] == [1, 1]
    assert len(on_disk()) == 2


def test_name_survives_and_the_file_is_only_ever_saved(client: Any) -> None:
    people.place("GBDVR", office := people.organisation())
    case = asked_with(client, upload(LONG_NAME))
    kept = case.files.get()
    assert kept.name == LONG_NAME and LONG_NAME not in str(kept.content.path) and "pdf" not in str(kept.content.path)
    tracking = reverse("case_track", args=[links.sign(mails.TRACK, case.uid.hex)])
    assert LONG_NAME in client.get(tracking).content.decode()
    client.force_login(people.person(Role.OFFICER, office))
    answer = client.get(reverse("case_file", args=[case.reference, kept.uid]))
    assert answer.content == PDF and answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''Zollanmeldung%20M%C3%A4rz")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in answer.headers["Cache-Control"]


def test_names_are_one_line_and_lead_nowhere(client: Any) -> None:
    page = check(client, upload("..\\..\\a\u202efdp.pdf"), upload("x" * 300 + ".pdf"))
    first, second = page.context["form"].parcel.files
    assert "\u202e" not in first.name and "\\" not in first.name and first.name.endswith("afdp.pdf")
    assert len(second.name) <= files.NAME_LIMIT and second.name.endswith("x.pdf")
    assert first.content.name.startswith(f"{FOLDER}/") and len(first.content.name) == len(FOLDER) + 33


def test_only_who_may_see_the_case_reads_its_files(client: Any) -> None:
    people.place("GBDVR", office := people.organisation())
    case = asked_with(client, upload("one-page.pdf"))
    other = people.case(subject="Other", about="GBDVR")
    uid = case.files.get().uid
    assert client.get(reverse("case_file", args=[case.reference, uid])).status_code == 302
    by_link = [
        client.get(reverse("case_track_file", args=[links.sign(purpose, owner.uid.hex), uid])).status_code
        for purpose, owner in ((mails.TRACK, case), (mails.TRACK, other), (mails.SENT, case))
    ]
    assert by_link == [200, 404, 404]
    for at, status in ((office, 200), (people.organisation(), 404)):
        client.force_login(people.person(Role.OFFICER, at))
        assert client.get(reverse("case_file", args=[case.reference, uid])).status_code == status
    assert client.get(reverse("case_file", args=[other.reference, uid])).status_code == 404


def test_file_changed_on_the_disk_is_not_served(client: Any) -> None:
    people.place("GBDVR", office := people.organisation())
    case = asked_with(client, upload("one-page.pdf"))
    kept = case.files.get()
    Path(kept.content.path).write_bytes(PDF + b"changed")
    client.force_login(people.person(Role.OFFICER, office))
    assert client.get(reverse("case_file", args=[case.reference, kept.uid])).status_code == 404


def test_what_lies_on_the_disk_is_for_the_service_alone(client: Any) -> None:
    check(client, upload("one-page.pdf"))
    path = Path(CaseFile.objects.get().content.path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_files_go_with_their_case(client: Any, django_capture_on_commit_callbacks: Any) -> None:
    def forgotten(**after: int) -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return retention.forget(now=NOW + timedelta(**after))

    people.place("GBDVR", office := people.organisation())
    case = asked_with(client, upload("one-page.pdf"))
    answers.answer(case, by=people.person(Role.OFFICER, office), text="Yes.", seen=1, now=NOW)
    unconfirmed = people.case(verified=False, subject="Never confirmed")
    assert (forgotten(days=7), forgotten(days=7, seconds=1)) == (0, 1)
    assert not Case.objects.filter(pk=unconfirmed.pk).exists() and len(on_disk()) == 1
    assert (forgotten(days=90), len(on_disk())) == (0, 1)
    assert forgotten(days=90, seconds=1) >= 1
    assert not Case.objects.exists() and not CaseFile.objects.exists() and on_disk() == set()


def test_open_question_is_never_forgotten() -> None:
    people.case()
    assert retention.forget(now=NOW + timedelta(days=400)) == 0


def test_form_that_nobody_sent_is_forgotten_after_a_day(client: Any, django_capture_on_commit_callbacks: Any) -> None:
    token = token_of(check(client, upload("one-page.pdf")))
    default_storage.save(f"{FOLDER}/left-by-a-crash", ContentFile(b"x"))
    made = CaseFile.objects.get().created_at
    with django_capture_on_commit_callbacks(execute=True):
        assert files.sweep(now=made + timedelta(hours=23), busy=lambda: False) == 0 and len(on_disk()) == 2
        files.sweep(now=made + timedelta(hours=25), busy=lambda: False)
    assert on_disk() == set() and check(client, draft=token).status_code == 200
