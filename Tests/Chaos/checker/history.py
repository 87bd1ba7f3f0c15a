"""Writes down each entry of each event stream, as it stands in Redis, for as long as a run lasts.

    python -m checker.history RUN_DIR [--redis URL] [--prefix PREFIX]

Streams are trimmed behind their readers and Redis loses its data in a run, so the history of a stream is known only to
whoever has read along. A line for each entry: `{"t", "stream", "incarnation", "id", "fields"}`; the incarnation rises
when the stream falls back behind what was read of it, and its entries are written anew. What may have been trimmed
before it was read (Redis counts what was ever added) is a line `{"t", "stream", "incarnation", "gap", "after",
"before"}`: nothing that lies strictly between the two ids can be judged.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import redis.asyncio
from redis.exceptions import RedisError

from .world import STREAMS

Place = tuple[int, int]


def place(text: str) -> Place:
    first, second = text.split("-")
    return int(first), int(second)


def text(at: Place) -> str:
    return f"{at[0]}-{at[1]}"


@dataclass
class Stream:
    key: str
    incarnation: int = 0
    last: Place = (0, 0)
    #: Of this incarnation: what stood at each id.
    seen: dict[Place, bytes] = field(default_factory=dict)
    #: How many entries Redis says were added before those that were read.
    before: int | None = None
    checked: Place = (0, 0)


class Recorder:
    """Reads along, whatever becomes of Redis meanwhile."""

    def __init__(self, url: str, prefix: str, out: TextIO) -> None:
        self._url = url
        self._out = out
        #: Which Redis it is (one that was started again is another), and how often it was flushed.
        self._server = ""
        self._flushes = 0
        self._streams = {key: Stream(key) for key in (f"{prefix}:events:{{{name}}}" for name in STREAMS)}

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._read_along(stop)
            except (RedisError, OSError, asyncio.TimeoutError):
                # Away, loading, or a connection that was ended: again, and from the beginning of what is there.
                await asyncio.sleep(0.05)
        self._out.flush()

    async def _read_along(self, stop: asyncio.Event) -> None:
        client = redis.asyncio.Redis.from_url(self._url, decode_responses=True, socket_connect_timeout=2)
        try:
            await self._start_again(client)
            checked = 0.0
            while True:
                # What is added is handed over at once, before all groups can have acked it and it is trimmed.
                places = {stream.key: text(stream.last) for stream in self._streams.values()}
                for key, entries in await client.xread(places, block=100, count=2000) or []:
                    self._note(self._streams[key], entries)
                ends = stop.is_set()
                if ends or time.monotonic() - checked >= 0.1:
                    await self._check(client)
                    checked = time.monotonic()
                self._out.flush()
                if ends:
                    return
        finally:
            await client.aclose()

    async def _start_again(self, client: redis.asyncio.Redis) -> None:
        """Redis may have lost what was read and been given the same numbers for it again: what stands there is
        compared with what was read."""
        server = (await client.info("server"))["run_id"]
        if server != self._server:
            self._server = server
            self._was_flushed(await client.info("commandstats"))
        for stream in self._streams.values():
            entries = await client.xrange(stream.key)
            known = [(place(id), _digest(fields)) for id, fields in entries]
            if any(at <= stream.last and stream.seen.get(at) not in (None, digest) for at, digest in known):
                self._lose(stream)
            self._note(stream, [entry for entry in entries if place(entry[0]) > stream.last])

    async def _check(self, client: redis.asyncio.Redis) -> None:
        """Whether a stream fell back, and whether all that was ever added to it was read."""
        pipeline = client.pipeline(transaction=True)
        pipeline.info("commandstats")
        for stream in self._streams.values():
            pipeline.xinfo_stream(stream.key)
            pipeline.xrange(stream.key, f"({text(stream.last)}", "+")
        statistics, *answers = await pipeline.execute(raise_on_error=False)
        if self._was_flushed(statistics):
            # It may be filled again already.
            for stream in self._streams.values():
                if stream.last != (0, 0):
                    self._lose(stream)
                self._note(stream, await client.xrange(stream.key))
            return
        for stream, info, entries in zip(self._streams.values(), answers[0::2], answers[1::2], strict=True):
            if isinstance(info, Exception):
                if "no such key" not in str(info):
                    raise info
                if stream.last != (0, 0):
                    self._lose(stream)
                continue
            if place(info["last-generated-id"]) < stream.last:
                self._lose(stream)
                entries = await client.xrange(stream.key)
                self._note(stream, entries)
                continue
            if isinstance(entries, Exception):
                raise entries
            self._note(stream, entries)
            self._count(stream, info)

    def _was_flushed(self, statistics: Any) -> bool:
        if isinstance(statistics, Exception):
            raise statistics
        names = ("cmdstat_flushall", "cmdstat_flushdb")
        count = sum(statistics[name]["calls"] for name in names if name in statistics)
        rose, self._flushes = count > self._flushes, count
        return rose

    def _count(self, stream: Stream, info: dict[str, Any]) -> None:
        added = info.get("entries-added")
        if added is None:
            # Redis before 7 does not count: where the oldest entry is one that is known, none before it was missed.
            first = info.get("first-entry")
            oldest = place(first[0]) if first else stream.last
            missed: int | bool = stream.checked != (0, 0) and oldest > stream.checked
        else:
            unseen = added - len(stream.seen)
            missed = max(0, unseen - (stream.before or 0))
            stream.before = unseen
        if missed:
            self._write(stream, gap=missed, after=text(stream.checked), before=text(stream.last))
        stream.checked = stream.last

    def _lose(self, stream: Stream) -> None:
        self._write(stream, loss=True, last=text(stream.last))
        stream.incarnation += 1
        stream.last = stream.checked = (0, 0)
        stream.seen = {}
        stream.before = None

    def _note(self, stream: Stream, entries: list[Any]) -> None:
        for id, fields in entries:
            at = place(id)
            if at <= stream.last:
                continue
            stream.last = at
            stream.seen[at] = _digest(fields)
            self._write(stream, id=id, fields=fields)

    def _write(self, stream: Stream, **members: Any) -> None:
        line = {"t": int(time.time() * 1000), "stream": stream.key, "incarnation": stream.incarnation, **members}
        self._out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _digest(fields: dict[str, str] | None) -> bytes:
    return hashlib.blake2b(json.dumps(fields).encode(), digest_size=16).digest()


async def record(redis_url: str, prefix: str, path: Path, stop: asyncio.Event) -> None:
    """Records into a file until told to stop; then once more what is there."""
    with path.open("a", encoding="utf-8") as out:
        await Recorder(redis_url, prefix, out).run(stop)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="checker.history")
    parser.add_argument("run", type=Path, metavar="RUN_DIR")
    parser.add_argument("--redis", metavar="URL")
    parser.add_argument("--prefix")
    options = parser.parse_args()
    file = options.run / "run.json"
    info = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await record(
        options.redis or info["redisUrl"],
        options.prefix or info.get("prefix") or "gittix",
        options.run / "history.jsonl",
        stop,
    )


if __name__ == "__main__":
    asyncio.run(main())
