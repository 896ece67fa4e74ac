"""The bench's mail as Django builds it: text and HTML, four kilobytes, each person's own link and headers."""

from __future__ import annotations

from django.core.mail import EmailMultiAlternatives

from .models import Member

SUBJECT = "EXERCISE: bench port closed to cargo until further notice"
SENTENCE = "The terminal at berth nine takes no lorries until the crane has been looked at. "
TEXT = SENTENCE * 22
HTML = "<p>" + SENTENCE * 22 + "</p>"
SENDER = "Customs notices <notices@bench.invalid>"


def leave_url(member: Member) -> str:
    return f"https://notices.bench.invalid/leave/{member.pk:x}-0123456789abcdef0123"


def parts(member: Member) -> tuple[str, str, dict[str, str]]:
    leave = leave_url(member)
    headers = {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
               "List-Id": "<notices.bench.invalid>", "Message-ID": f"<{member.pk}@bench.invalid>"}  # fmt: skip
    text = f"Hello {member.name},\n{TEXT}\nLeave: {leave}\n"
    return text, f"<p>Hello {member.name},</p>{HTML}<p><a href='{leave}'>Leave</a></p>", headers


def mail_for(member: Member) -> EmailMultiAlternatives:
    text, html, headers = parts(member)
    mail = EmailMultiAlternatives(SUBJECT, text, SENDER, [member.email], headers=headers)
    mail.attach_alternative(html, "text/html")
    return mail
