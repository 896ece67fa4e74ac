"""`python -m portal.bench.peers.publish VARIANT`: a warm process that publishes when it is told to on stdin.

Says "ready", waits for a line, does the variant's whole work as far as it happens in that process, says "published".
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import django

CHUNK = 100
T = TypeVar("T")


def make(recipients: int) -> None:
    """Tables and members, before the clock starts."""
    from django.core.management import call_command  # noqa: PLC0415 - after django.setup()
    from django.db import connection  # noqa: PLC0415

    from .models import Member  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if Member._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Member)
    Member.objects.all().delete()
    Member.objects.bulk_create(
        (Member(email=f"member{n}@bench.invalid", name=f"Member {n}") for n in range(recipients)), batch_size=5_000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def post_office() -> None:
    from post_office import mail  # noqa: PLC0415 - after django.setup()

    from .mails import SENDER, SUBJECT, parts  # noqa: PLC0415
    from .models import Member  # noqa: PLC0415

    def each() -> Iterator[dict[str, object]]:
        for member in Member.objects.iterator():
            text, html, headers = parts(member)
            yield {"recipients": [member.email], "sender": SENDER, "subject": SUBJECT, "message": text,
                   "html_message": html, "headers": headers}  # fmt: skip

    mail.send_many(list(each()))
    # Right after the queue is filled, which flatters it: cron would add up to a minute.
    subprocess.run([sys.executable, "-m", "django", "send_queued_mail", "-p", "2"], env=os.environ, check=True)


def task_per_recipient() -> None:
    from .celery import send  # noqa: PLC0415 - after django.setup()
    from .models import Member  # noqa: PLC0415

    for pk in Member.objects.values_list("pk", flat=True).iterator():
        send.delay(pk)


def send_messages() -> None:
    from django.core.mail import get_connection  # noqa: PLC0415 - after django.setup()

    from .mails import mail_for  # noqa: PLC0415
    from .models import Member  # noqa: PLC0415

    with get_connection() as connection:
        for members in chunks(Member.objects.iterator(), CHUNK):
            connection.send_messages([mail_for(member) for member in members])


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


VARIANTS: dict[str, Callable[[], None]] = {
    "post_office": post_office,
    "post_office_tuned": post_office,
    "task_per_recipient": task_per_recipient,
    "task_per_recipient_reuse": task_per_recipient,
    "send_messages": send_messages,
}


def main() -> None:
    variant, recipients = sys.argv[1], int(sys.argv[2])
    django.setup()
    make(recipients)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    VARIANTS[variant]()
    sys.stdout.write("published\n")


if __name__ == "__main__":
    main()
