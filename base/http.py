"""Outgoing requests. Addresses that strangers name reach public hosts alone; every call is bounded in time and size.

Policy: https, ports 443 and 8443, no name or password in the address, no redirect followed. We resolve the name
ourselves, each answer must be public, and the connection goes to one of those answers, under the name's certificate.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .errors import Refused
from .mailbox import ascii_domain

PORTS = (443, 8443)
TOTAL_S = 15.0  # from the question for the name to the last octet of the answer
CONNECT_S = 5.0  # for one of several addresses
BODY_S = 3.0  # the first line has said what became of the request
HEAD = 32 * 1024
BODY = 64 * 1024
LONGEST = 2_000

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA's special-purpose registries, with what holds an IPv4 address inside: mapped, 6to4, Teredo, NAT64.
_CLOSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
_OPEN_V6 = ipaddress.ip_network("2000::/3")  # all that is given out so far
_HERE = ("localhost", "localdomain", "local", "internal", "intranet", "home", "lan", "corp", "onion")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


_NO_ADDRESS = _("Enter an address such as https://hooks.company.example/customs")


class Forbidden(Refused):
    """An address that we do not call."""

    message = _("We cannot send to this address.")
    field = "url"


class NotReached(Exception):
    """Nobody took the request; it may be tried again freely."""


class Cut(Exception):
    """The request left and no whole answer came: the other side may have it."""


@dataclass(frozen=True)
class Target:
    """An address in its parts; `host` as an A-label or a bare IP address."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host field says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """`body` holds at most the room it was given, fewer if the other side drips; `whole`: it is all that there is."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True


# --- The address --------------------------------------------------------------------------------------------------


def check(url: str) -> Target:
    """The parts of an address that a stranger named; raises `Forbidden` with a reason for the person who typed it."""
    target = _parts(url)
    literal = _literal(target.host)
    if literal is not None and _is_test(literal):
        return target
    if not target.secure:
        raise Forbidden(_("The address must begin with https://"))
    if target.port not in PORTS and not _test_nets():
        raise Forbidden(_("Only the ports 443 and 8443 are called."))
    if _is_inside(target.host) if literal is None else not is_public(literal):
        raise Forbidden(_("This address is inside a private network. Use one that is public on the internet."))
    return target


def _is_inside(name: str) -> bool:
    """A name that no public name server answers for."""
    return "." not in name or name.rpartition(".")[2] in _HERE or name.endswith(".home.arpa")


def own(url: str) -> Target:
    """The parts of an address that whoever runs the site has set: it may be on their own network."""
    return _parts(url)


def _parts(url: str) -> Target:
    if not url or len(url) > LONGEST or not url.isprintable() or re.search(r"[\s\\]", url):
        raise Forbidden(_NO_ADDRESS)
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError as error:
        raise Forbidden(_NO_ADDRESS) from error
    if split.scheme not in ("https", "http"):
        raise Forbidden(_("The address must begin with https://"))
    if "@" in split.netloc:
        raise Forbidden(_("Leave name and password out of the address: we sign what we send."))
    host = ascii_domain((split.hostname or "").rstrip("."))
    if _literal(host) is None and _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise Forbidden(_NO_ADDRESS)  # an address in numbers that is none
    if _literal(host) is None and not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise Forbidden(_NO_ADDRESS)
    secure = split.scheme == "https"
    path = quote((split.path or "/") + (f"?{split.query}" if split.query else ""), safe="%/?:@!$&'()*+,;=~[]|")
    return Target(secure, host, port if port is not None else (443 if secure else 80), path)


def _literal(host: str) -> IP | None:
    """The IP address that `host` is, also in the odd ways that the C library reads: 127.1, 0x7f000001."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        with contextlib.suppress(OSError):
            return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def is_public(address: IP) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _OPEN_V6:
        return False
    return not any(address in network for network in _CLOSED if network.version == address.version)


def _test_nets() -> Sequence[Network]:
    """Loopback networks that a demo or a test calls for its sinks; portal.E004 keeps them out of a real site."""
    nets = [ipaddress.ip_network(network) for network in settings.FAIRWAY_HTTP_TEST_NETS]
    return [network for network in nets if network.is_loopback]


def _is_test(address: IP) -> bool:
    return any(address in network for network in _test_nets() if network.version == address.version)


def is_link(url: str) -> bool:
    """Whether people may be led there: by http or https, to a host that is not inside a private network."""
    try:
        host = _parts(url).host
    except Forbidden:
        return False
    literal = _literal(host)
    return is_public(literal) if literal is not None else not _is_inside(host)


# --- The name -----------------------------------------------------------------------------------------------------

_pool = ThreadPoolExecutor(16, "names")
_asked: dict[tuple[str, int], Future[list[str]]] = {}
_guard = threading.Lock()


def lookup(host: str, port: int) -> list[str]:
    """Every address of a name; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _answers(host: str, port: int) -> Future[list[str]]:
    """One question for a name at a time: whose name servers are slow takes one thread, however often it is called."""
    with _guard:
        if (host, port) in _asked:
            return _asked[host, port]
        question = _asked[host, port] = _pool.submit(lookup, host, port)
    question.add_done_callback(partial(_forget, host, port))
    return question


def _forget(host: str, port: int, done: Future[list[str]]) -> None:
    with _guard:
        if _asked.get((host, port)) is done:
            del _asked[host, port]


def _resolved(target: Target, until: float, *, trusted: bool) -> list[str]:
    """Addresses to connect to; one that is not public spoils them all: whoever runs the name chose it."""
    try:
        answers = _answers(target.host, target.port).result(_left(until))
    except (OSError, UnicodeError, NotInTime) as error:
        raise NotReached(f"the name {target.host} is not known") from error
    if not trusted:
        for answer in answers:
            address = ipaddress.ip_address(answer.partition("%")[0])
            if not is_public(address) and not _is_test(address):
                raise Forbidden(_("The name leads into a private network."))
    if not answers:
        raise NotReached(f"the name {target.host} has no address")
    return answers


# --- The call -----------------------------------------------------------------------------------------------------


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NotReached("no time left")
    return left


class _Bounded(io.RawIOBase):
    """What comes back, octet for octet, never past `until` and never more than `room`."""

    def __init__(self, link: socket.socket, until: float) -> None:
        self.link, self.until, self.room = link, until, HEAD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.until - time.monotonic()
        if left <= 0 or self.room <= 0:
            raise TimeoutError("no time left" if left <= 0 else "the answer is too long")
        self.link.settimeout(left)
        count = self.link.recv_into(memoryview(buffer)[: self.room])
        self.room -= count
        return count

    def makefile(self, mode: str) -> io.BufferedReader:
        """As `http.client` asks a socket for it."""
        return io.BufferedReader(self, 4096)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connected(target: Target, addresses: Sequence[str], until: float) -> socket.socket:
    """A connection to the first of `addresses` that answers, under the certificate of the name."""
    last: Exception = NotReached("no address")
    for address in addresses[:4]:
        link: socket.socket | None = None
        try:
            link = socket.create_connection((address, target.port), min(CONNECT_S, _left(until)))
            link.settimeout(min(CONNECT_S, _left(until)))
            return _tls().wrap_socket(link, server_hostname=target.host) if target.secure else link
        except (OSError, ValueError) as error:
            last = error
            if link is not None:
                link.close()
    raise NotReached(str(last)) from last


def call(
    target: Target, *, body: bytes = b"", headers: Mapping[str, str] | None = None, method: str = "POST",
    until: float | None = None, trusted: bool = False, room: int = BODY, body_s: float = BODY_S,
) -> Answer:  # fmt: skip
    """The answer to one request, within `TOTAL_S` and not past `until` (`time.monotonic()`).

    Raises `Forbidden`, `NotReached` or `Cut`. `trusted`: the address is from `own`. Whoever wants to read the body,
    and not only what became of the request, says how much of it (`room`, octets) and waits for it (`body_s`).
    """
    end = time.monotonic() + TOTAL_S
    end = min(end, until) if until is not None else end
    link = _connected(target, _resolved(target, end, trusted=trusted), end)
    try:
        request = _request(target, method, headers or {}, body)
        response, reader = _begun(link, request, method, end)
        return _answer(response, reader, room, min(end, time.monotonic() + body_s))
    finally:
        link.close()


def _request(target: Target, method: str, headers: Mapping[str, str], body: bytes) -> bytes:
    fields = {
        "Host": target.authority, "User-Agent": "Fairway", "Accept": "*/*", "Connection": "close",
        "Content-Length": str(len(body)), **headers,
    }  # fmt: skip
    lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line end in a header")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _begun(
    link: socket.socket, request: bytes, method: str, until: float
) -> tuple[http.client.HTTPResponse, _Bounded]:
    try:
        link.settimeout(_left(until))
        link.sendall(request)
        reader = _Bounded(link, until)
        response = http.client.HTTPResponse(reader, method=method)  # type: ignore[arg-type]  # asks for makefile alone
        response.begin()
    except (OSError, http.client.HTTPException, ValueError, NotReached) as error:
        raise Cut(str(error) or type(error).__name__) from error
    return response, reader


def _answer(response: http.client.HTTPResponse, reader: _Bounded, room: int, until: float) -> Answer:
    reader.room, reader.until = room + HEAD, until
    body, whole = b"", False
    # Whoever drips the rest does not take back what the first line said.
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        while len(body) < room and (piece := response.read1(room - len(body))):
            body += piece
        # Without a length the end of the connection is the end of the body.
        whole = response.length == 0 or (response.length is None and len(body) < room)
    return Answer(response.status, dict(response.headers.items()), body, whole)
