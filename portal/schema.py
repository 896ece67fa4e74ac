"""What the OpenAPI document says beyond what the views say of themselves: problems, and which answers come when."""

from __future__ import annotations

from typing import Any

from notices.draft_api import Strict
from portal.problems import MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "description": "What is wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Each with the place in the body (RFC 6901), or the parameter.",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["pointer", "detail"],
            },
        },
    },
    "required": ["type", "title", "status"],
}
ALWAYS = {
    "401": "The key is unknown, expired or revoked, or there is none where one is needed.",
    "406": "Only JSON is spoken.",
    "429": "Too often. `Retry-After` says in how many seconds to come again.",
}
NOT_FOUND = {"404": "There is no such thing, or no such page of it."}
QUESTION = {"422": "Something in it is not right; `errors` says where."}
NEEDS_KEY = {"403": "The key has not the scope."}
BODY = {
    **QUESTION,
    "400": "This is no JSON.",
    "409": "The first request with this `Idempotency-Key` is still being worked on.",
    "413": "The body is larger than a draft can be.",
    "415": "The body is not JSON.",
}
_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
_FRESHNESS = {
    "ETag": {"schema": {"type": "string"}, "description": "to be sent back as `If-None-Match`"},
    "As-Of": {"schema": {"type": "string", "format": "date-time"}, "description": "when the answer was true"},
}
_HEADERS = {
    "401": {"WWW-Authenticate": {"schema": {"type": "string"}}},
    "409": _AFTER,
    "429": _AFTER,
    "201": {"Location": {"schema": {"type": "string", "format": "uri"}}},
}


def complete(result: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Hook of drf-spectacular, the last one."""
    schemas = result["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for strict in _all(Strict):
        if strict.__name__ in schemas:
            schemas[strict.__name__]["additionalProperties"] = False
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            by_key = method == "post" or path.startswith("/api/v1/drafts/")
            _complete(operation, by_key=by_key, tagged=not by_key and "verify" not in path)
    return result


def _all(base: type[Any]) -> list[type[Any]]:
    return [one for child in base.__subclasses__() for one in (child, *_all(child))]


def _complete(operation: dict[str, Any], *, by_key: bool, tagged: bool) -> None:
    if not by_key:
        operation["security"] = [{}, *operation["security"]]  # a key is welcome and has a limit of its own
    asked = {one["in"] for one in operation.get("parameters", ())}
    said = dict(ALWAYS)
    said |= NOT_FOUND if asked & {"path", "query"} else {}
    said |= QUESTION if "query" in asked else {}
    said |= NEEDS_KEY if by_key else {}
    said |= BODY if "requestBody" in operation else {}
    answers = operation["responses"]
    for status, words in said.items():
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[status] = {"description": words, "content": content}
    if tagged:
        answers["200"]["headers"] = _FRESHNESS
        answers["304"] = {"description": "Nothing has changed since the answer whose ETag stood in `If-None-Match`."}
    for status, headers in _HEADERS.items():
        if status in answers:
            answers[status]["headers"] = headers
    for status in ("200", "201"):
        if status in answers:
            answers[status]["description"] = answers[status]["description"] or "Done."
    operation["responses"] = dict(sorted(answers.items()))
