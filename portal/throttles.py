"""How much one program may ask of the API, in buckets of PostgreSQL: alike on every web machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from base import ratelimit
from base.clients import ip_prefix
from base.clock import now as clock_now
from contacts.models import ApiKey


@dataclass(frozen=True)
class Limit:
    """`capacity` requests at once, and `per_s` a second in the long run."""

    name: str
    capacity: int
    per_s: float


# A network is an office, a port or a whole carrier behind one address: wide.
BY_NETWORK = Limit("api.network", 600, 10)
BY_KEY = Limit("api.key", 1_200, 20)
WRITING = Limit("api.write", 60, 0.5)


class Limits(BaseThrottle):
    """Raises 429 by way of the framework; `wait` is its Retry-After, in seconds."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey):
            self.limit, who = BY_KEY if request.method in SAFE_METHODS else WRITING, request.auth.uid.hex
        else:
            self.limit, who = BY_NETWORK, ip_prefix(request._request)
        name = f"{self.limit.name}:{who}"
        return ratelimit.take(name, capacity=self.limit.capacity, per_s=self.limit.per_s, now=clock_now())

    def wait(self) -> float:
        return 1 / self.limit.per_s
