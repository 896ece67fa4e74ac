"""Servers of other people as they may be: real ones, on loopback, each with one way to behave."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "hooks.partner.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def certificate(folder: Path, host: str = HOST) -> Path:
    """A file with a key and a certificate that only itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


class Server:
    """One port; `asked` holds the heads and bodies that came, `peers` how many connections were made."""

    def __init__(self, answer: Callable[[socket.socket], None], tls: Path | None = None) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.sni: list[str | None] = []
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context: ssl.SSLContext | None = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(tls)
            self.context.sni_callback = lambda _link, name, _context: self.sni.append(name)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                link, _peer = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=[link], daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        try:
            with self.context.wrap_socket(link, server_side=True) if self.context else link as talk:
                talk.settimeout(30)
                self.asked.append(_request(talk))
                self.answer(talk)
        except OSError:
            return

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)  # a close alone lets the waiting accept take one more
        self.socket.close()


def _request(talk: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += talk.recv(65536) or b"\r\n\r\n"
    head, _blank, body = got.partition(b"\r\n\r\n")
    wanted = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < wanted and (more := talk.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


@contextmanager
def server(answer: Callable[[socket.socket], None] | bytes = OK, tls: Path | None = None) -> Iterator[Server]:
    say = (lambda talk: talk.sendall(answer)) if isinstance(answer, bytes) else answer
    made = Server(say, tls)
    try:
        yield made
    finally:
        made.close()


# --- Ways to behave -----------------------------------------------------------------------------------------------


def endless_body(talk: socket.socket) -> None:
    talk.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        talk.sendall(b"x" * 65536)


def endless_head(talk: socket.socket) -> None:
    """Ten megabytes of headers."""
    talk.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(10 * 1024):
        talk.sendall(b"X-%d: " % number + b"y" * 1015 + b"\r\n")
    talk.sendall(b"\r\nok")


def one_long_line(talk: socket.socket) -> None:
    talk.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        talk.sendall(b"y" * 65536)


def slow_drip(talk: socket.socket) -> None:
    for octet in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000:
        talk.sendall(bytes([octet]))
        time.sleep(0.1)


def slow_body(talk: socket.socket) -> None:
    talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    for _octet in range(5000):
        talk.sendall(b"z")
        time.sleep(0.1)


def silence(talk: socket.socket) -> None:
    time.sleep(30)


def go_on(talk: socket.socket) -> None:
    while True:
        talk.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def no_http(talk: socket.socket) -> None:
    talk.sendall(b"220 mail.example ESMTP\r\n")
