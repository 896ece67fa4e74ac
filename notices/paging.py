"""How the API gives long answers: a page at a time, by a cursor."""

from rest_framework.pagination import CursorPagination


class ByNewest(CursorPagination):
    """What is added meanwhile neither repeats nor skips anything."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"


class FewByNewest(ByNewest):
    """Of what takes longer to say."""

    page_size = 20
    max_page_size = 50
