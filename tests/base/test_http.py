"""The outgoing client reaches public hosts alone, and no server holds it for long."""

from __future__ import annotations

import csv
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from base import http
from tests.base import hostile
from tests.base.hostile import HOST, server

CASES = list(csv.DictReader((Path(__file__).parent.parent / "cases" / "api" / "w-01-webhook-addresses.csv").open()))
PUBLIC = "93.184.215.14"


@pytest.fixture
def sinks(settings: Any) -> None:
    settings.FAIRWAY_HTTP_TEST_NETS = ["127.0.0.0/8"]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = hostile.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    http._tls.cache_clear()
    yield file
    http._tls.cache_clear()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Says what the next questions for a name are answered with; returns the names that were asked for."""

    def answer(*answers: list[str]) -> list[str]:
        left, asked = list(answers), list[str]()

        def lookup(host: str, port: int) -> list[str]:
            asked.append(host)
            return left.pop(0) if len(left) > 1 else left[0]

        monkeypatch.setattr(http, "lookup", lookup)
        return asked

    return answer


def url(of: hostile.Server, *, secure: bool = False, host: str = "127.0.0.1") -> str:
    return f"http{'s' if secure else ''}://{host}:{of.port}/customs?k=1"


# --- Addresses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_each_address_of_the_case_list_is_decided(case: dict[str, str]) -> None:
    """Where the list leaves it to us: 8443 is called, as the policy at the head of `base.http` states."""
    if case["expected"] == "refuse":
        with pytest.raises(http.Forbidden) as refused:
            http.check(case["url"])
        assert str(refused.value)
    else:
        assert http.check(case["url"]).host == HOST


@pytest.mark.parametrize(
    "written",
    [
        "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://0/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[fe80::1]/", "https://[fd00::1]/",
        "https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/", "https://100.64.0.1/", "https://printer/",
        "https://app.localhost/", "https://db.internal/", "https://localhost./", "https://hooks.partner.example:22/",
        "https://hooks.partner.example:0/", "https://hooks.partner.example:99999/", "https://a b.example/",
        "https://hooks.partner.example\\@10.0.0.1/", "https://-.example/", "https:///x", "//hooks.partner.example/",
        "https://hooks.partner.example/\r\nX: y", "https://hooks.partner.example/" + "x" * 3000, "https://[::1", "\0",
        "https://127.0.0.1./", "https://0177.0.0.1/", "https://127.0.1/", "https://0x7f.1/", "https://2852039166/",
        "https://[fe80::1%eth0]/", "https://[fe80::1%25eth0]/", "https://[::ffff:a9fe:a9fe]/", "https://[fec0::1]/",
        "https://[64:ff9b::a00:1]/", "https://[fdff::1]:8443/", "https://[::127.0.0.1]/", "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/", "https://ⓛocalhost/", "https://loc%61lhost/", "https://LOCALHOST/",
        "https://localhost.localdomain/", "https://metadata.google.internal/", "https://x.home.arpa/",
        "https://100.127.255.255/", "https://192.0.0.170/", "https://198.18.0.1/", "https://192.88.99.1/",
        "https://hooks.partner.example:80/", "https://hooks.partner.example:6379/", "https://:@hooks.partner.example/",
        "https://user@hooks.partner.example/", "https://127.0.0.1#@hooks.partner.example/", "https:/hooks.example/",
        "https://hooks..partner.example/", "https://hooks\u200b.partner.example/", " https://hooks.partner.example/",
        "https://a.1/", "https://1.2.3.4.5/", "https://256.1.1.1/", "wss://hooks.partner.example/", "data:x",
    ],
)  # fmt: skip
def test_odd_ways_to_write_a_private_address_are_refused(written: str) -> None:
    with pytest.raises(http.Forbidden):
        http.check(written)


def test_names_in_other_scripts_are_called_by_their_ascii_form() -> None:
    target = http.check("https://zoll-straße.example:8443/häfen?q=ä")
    assert (target.host, target.port) == ("xn--zoll-strae-e4a.example", 8443)
    assert target.path == "/h%C3%A4fen?q=%C3%A4"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.9.8.7", "100.127.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1", "192.0.0.8", "192.0.2.1",
        "192.168.1.1", "198.19.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "fc00::1",
        "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2002:808:808::1",
    ],
)  # fmt: skip
def test_no_special_purpose_address_is_public(address: str) -> None:
    assert not http.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert http.is_public(ipaddress.ip_address(address))


# --- Names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["fe80::1%eth0"], ["::ffff:127.0.0.1"], ["0.0.0.0"]]
)
def test_a_name_with_one_private_answer_is_not_called(names: Any, answers: list[str]) -> None:
    names(answers)
    with pytest.raises(http.Forbidden):
        http.call(http.check(f"https://{HOST}/"))


def test_a_name_that_changes_its_answer_is_asked_once_and_the_connection_keeps_the_first(
    names: Any, sinks: None, certificate: Path
) -> None:
    asked = names(["127.0.0.1"], ["169.254.169.254"])
    with server(tls=certificate) as one:
        answer = http.call(http.check(url(one, secure=True, host=HOST)), body=b"{}")
        assert (answer.status, answer.body, asked) == (200, b"ok", [HOST])
        assert one.sni == [HOST]
        assert f"Host: {HOST}:{one.port}\r\n".encode() in one.asked[0]
        with pytest.raises(http.Forbidden):
            http.call(http.check(url(one, secure=True, host=HOST)))
        assert one.connections == 1


def test_the_certificate_must_be_the_names_own(names: Any, sinks: None, certificate: Path) -> None:
    names(["127.0.0.1"])
    with server(tls=certificate) as one, pytest.raises(http.NotReached, match="certificate"):
        http.call(http.check(url(one, secure=True, host="other.partner.example")))
    assert not one.asked


def test_a_name_that_nobody_knows_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    monkeypatch.setattr(http, "lookup", unknown)
    with pytest.raises(http.NotReached):
        http.call(http.check(f"https://{HOST}/"))


# --- Servers ------------------------------------------------------------------------------------------------------


def test_slow_name_servers_of_one_hold_up_the_calls_of_nobody_else(
    sinks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, asked = threading.Event(), list[str]()

    def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        if host == "slow.example":
            released.wait(30)
        return ["127.0.0.1"]

    monkeypatch.setattr(http, "lookup", lookup)
    with server() as one, ThreadPoolExecutor(40) as pool:

        def call(host: str) -> int:
            target = replace(http.own(url(one)), host=host)
            return http.call(target, until=time.monotonic() + 5).status

        slow = [pool.submit(call, "slow.example") for _number in range(30)]
        try:
            assert call("quick.example") == 200
            assert asked.count("slow.example") == 1
        finally:
            released.set()
        assert {done.result() for done in slow} == {200}
        assert call("slow.example") == 200 and asked.count("slow.example") == 2, "asked anew, once it was answered"


def test_a_redirect_to_the_metadata_address_is_an_answer_and_no_way(sinks: None) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n"
    with server(head) as one:
        assert http.call(http.check(url(one))).status == 302
        assert one.connections == 1


def test_no_more_than_the_first_64_kb_of_an_endless_body_are_read(sinks: None) -> None:
    with server(hostile.endless_body) as one:
        begun = time.monotonic()
        assert len(http.call(http.check(url(one))).body) == http.BODY
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("way", [hostile.endless_head, hostile.one_long_line, hostile.go_on, hostile.no_http])
def test_a_head_without_end_or_sense_ends_the_call_at_once(sinks: None, way: Any) -> None:
    with server(way) as one:
        begun = time.monotonic()
        with pytest.raises(http.Cut):
            http.call(http.check(url(one)))
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("way", [hostile.slow_drip, hostile.silence])
def test_no_drip_of_octets_outlasts_the_time(sinks: None, way: Any) -> None:
    assert http.TOTAL_S == 15
    with server(way) as one:
        begun = time.monotonic()
        with pytest.raises(http.Cut):
            http.call(http.check(url(one)), until=begun + 1.5)
        assert 1 < time.monotonic() - begun < 3


def test_what_the_first_line_said_holds_though_the_body_drips(sinks: None) -> None:
    with server(hostile.slow_body) as one:
        begun = time.monotonic()
        answer = http.call(http.check(url(one)))
        assert (answer.status, answer.whole) == (200, False)
        assert time.monotonic() - begun < http.BODY_S + 1


@pytest.mark.parametrize(
    ("said", "whole"),
    [(b"Content-Length: 2\r\n\r\nok", True), (b"Content-Length: 9\r\n\r\nok", False), (b"\r\nok", True),
     (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", True),
     (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", False)],
)  # fmt: skip
def test_an_answer_tells_whether_its_body_came_whole(sinks: None, said: bytes, whole: bool) -> None:
    with server(b"HTTP/1.1 200 OK\r\n" + said) as one:
        answer = http.call(http.check(url(one)))
    assert (answer.body, answer.whole) == (b"ok", whole)


def test_a_closed_port_was_not_reached(sinks: None) -> None:
    with server() as one:
        pass
    with pytest.raises(http.NotReached):
        http.call(http.check(url(one)))


def test_test_networks_hold_loopback_alone(settings: Any) -> None:
    settings.FAIRWAY_HTTP_TEST_NETS = ["10.0.0.0/8", "169.254.0.0/16"]
    with pytest.raises(http.Forbidden):
        http.check("http://10.0.0.1/")


def test_an_address_that_the_site_itself_has_set_may_be_on_its_own_network() -> None:
    with server() as one:
        assert http.call(http.own(url(one)), body=b"to=1", trusted=True).status == 200
        assert one.asked[0].endswith(b"\r\n\r\nto=1")


def test_no_header_brings_a_second_one(sinks: None) -> None:
    with server() as one, pytest.raises(ValueError, match="line end"):
        http.call(http.check(url(one)), headers={"X-One": "a\r\nX-Two: b"})
