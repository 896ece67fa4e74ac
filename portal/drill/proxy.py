"""A TCP proxy before the drill's mail server: SIGUSR1 cuts every connection, SIGUSR2 holds them for a while."""

from __future__ import annotations

import argparse
import asyncio
import signal

HELD_S = 3.0


class Proxy:
    def __init__(self, to: int) -> None:
        self.to = to
        self.open: set[asyncio.StreamWriter] = set()
        self.going = asyncio.Event()
        self.going.set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self.open |= {writer, back}
        try:
            await asyncio.gather(self.carry(reader, back), self.carry(there, writer))
        finally:
            self.open -= {writer, back}

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65_536):
                await self.going.wait()
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def cut(self) -> None:
        for writer in self.open:
            writer.transport.abort()

    def hold(self) -> None:
        self.going.clear()
        asyncio.get_running_loop().call_later(HELD_S, self.going.set)


async def serve(port: int, to: int) -> None:
    proxy, loop = Proxy(to), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, proxy.cut)
    loop.add_signal_handler(signal.SIGUSR2, proxy.hold)
    async with await asyncio.start_server(proxy.talk, "127.0.0.1", port) as server:
        await server.serve_forever()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--to", type=int, required=True)
    told = arguments.parse_args()
    asyncio.run(serve(told.port, told.to))


if __name__ == "__main__":
    main()
