"""A small IMAP server (RFC 3501, UIDPLUS and MOVE) on loopback, whose connection a test may cut at any command."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Stored:
    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """`folders`: name → mails. `cut_at`: a word of a command line that ends the connection instead of an answer.

    `damaged`: uids of mails that the server itself cannot read.
    """

    def __init__(self, *, can_move: bool = True) -> None:
        self.folders: dict[str, list[Stored]] = {"INBOX": [], "Done": []}
        self.can_move, self.has_uidplus, self.cut_at = can_move, True, ""
        self.last_uid = 100
        self.damaged: set[int] = set()
        server = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    server.talk(self.rfile.readline, self.wfile.write)

        self.tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self.tcp.daemon_threads = True
        self.port = self.tcp.server_address[1]
        threading.Thread(target=self.tcp.serve_forever, daemon=True).start()

    def put(self, content: bytes) -> None:
        self.last_uid += 1
        self.folders["INBOX"].append(Stored(self.last_uid, content))

    def stop(self) -> None:
        self.tcp.shutdown()
        self.tcp.server_close()

    def talk(self, read: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
        write(b"* OK IMAP4rev1 ready\r\n")
        folder: list[Stored] = []
        while line := read().decode().strip():
            tag, _blank, rest = line.partition(" ")
            if self.cut_at and self.cut_at in rest:
                return
            word = rest.removeprefix("UID ").split(" ")[0].upper()
            said = "OK done"
            if word == "LOGIN":
                said = "OK in" if rest.endswith('"secret"') else "NO wrong password"
            elif word == "CAPABILITY":
                more = b" MOVE" * self.can_move + b" UIDPLUS" * self.has_uidplus
                write(b"* CAPABILITY IMAP4rev1%b\r\n" % more)
            elif word == "SELECT":
                name = rest.split(" ", 1)[1].strip('"')
                folder = self.folders.get(name, [])
                said = "OK [READ-WRITE] selected" if name in self.folders else "NO no such folder"
                write(b"* %d EXISTS\r\n" % len(folder))
            elif word == "SEARCH":
                first, last = rest.split()[2].split(":")
                some = folder[int(first) - 1 : None if last == "*" else int(last)]
                unseen = [str(mail.uid) for mail in some if "\\Seen" not in mail.flags]
                write(f"* SEARCH {' '.join(unseen)}\r\n".encode())
            elif word == "LOGOUT":
                write(f"* BYE\r\n{tag} OK bye\r\n".encode())
                return
            elif word == "EXPUNGE":
                uids = {int(uid) for uid in rest.split()[2:]} or {mail.uid for mail in folder}
                folder[:] = [mail for mail in folder if mail.uid not in uids or "\\Deleted" not in mail.flags]
            elif word == "FETCH" and int(re.findall(r"\d+", rest)[0]) in self.damaged:
                said = "NO [SERVERBUG] this mail cannot be read"
            else:
                self.work(word, rest, folder, write)
            write(f"{tag} {said}\r\n".encode())

    def work(self, word: str, rest: str, folder: list[Stored], write: Callable[[bytes], object]) -> None:
        uid = int(re.findall(r"\d+", rest)[0])
        at, mail = next((at, mail) for at, mail in enumerate(folder, 1) if mail.uid == uid)
        if word == "FETCH" and "SIZE" in rest:
            write(f"* {at} FETCH (UID {uid} RFC822.SIZE {len(mail.content)})\r\n".encode())
        elif word == "FETCH":
            write(f"* {at} FETCH (UID {uid} BODY[] {{{len(mail.content)}}}\r\n".encode() + mail.content + b")\r\n")
        elif word == "STORE":
            mail.flags.update(re.findall(r"\\\w+", rest))
        elif word in ("MOVE", "COPY"):
            self.folders[rest.rsplit(" ", 1)[1].strip('"')].append(Stored(uid, mail.content))
            if word == "MOVE":
                folder.remove(mail)
                write(f"* {at} EXPUNGE\r\n".encode())
