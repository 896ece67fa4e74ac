"""A TCP proxy that lies so many milliseconds away: what comes in at once goes out later, in order."""

from __future__ import annotations

import argparse
import asyncio


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        while chunk := await reader.read(65_536):
            loop.call_later(delay_s, writer.write, chunk)
        loop.call_later(delay_s, writer.close)
    except ConnectionError:
        writer.close()


async def serve(port: int, to: int, delay_s: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(delay_s)  # the packet that opens a connection takes as long
        there, back = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(carry(reader, back, delay_s), carry(there, writer, delay_s), return_exceptions=True)

    async with await asyncio.start_server(talk, "127.0.0.1", port, backlog=256) as server:
        await server.serve_forever()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--to", type=int, required=True)
    arguments.add_argument("--round-trip-ms", type=float, required=True)
    told = arguments.parse_args()
    asyncio.run(serve(told.port, told.to, told.round_trip_ms / 2_000))


if __name__ == "__main__":
    main()
