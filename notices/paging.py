"""How the API gives long answers: a page at a time, by a cursor."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class ByNewest(CursorPagination):
    """What is added meanwhile neither repeats nor skips anything."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"

    def decode_cursor(self, request: Request) -> Any:
        """The framework believes whatever stands in a cursor; ours hold a number."""
        cursor: Any = super().decode_cursor(request)
        if cursor is not None and not re.fullmatch(r"[0-9]{1,18}", cursor.position or "0"):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class FewByNewest(ByNewest):
    """Of what takes longer to say."""

    page_size = 20
    max_page_size = 50
