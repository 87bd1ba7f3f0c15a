"""Records each entry of each event stream in Redis during a run, and of the streams by which followers catch up.

    python -m checker.recorder RUN_DIR [--redis URL] [--prefix PREFIX]

Streams are trimmed behind their consumers, and Redis loses its data during a run, so the history of a stream has to be
recorded while it happens. Each entry is a line `{"t", "stream", "incarnation", "id", "fields"}`. The incarnation
increases when the stream has lost entries, after a line `{"t", "stream", "incarnation", "loss", "last"}`; its entries
are then recorded again. If entries may have been trimmed before they were read (Redis counts all added entries), there
is a line `{"t", "stream", "incarnation", "gap", "after", "before"}`: no law can check the ids between `after` and
`before`. A line `{"t", "stream", "incarnation", "length"}` shows that the stream was longer than ever before.

A catch-up stream, `<event stream>:to:<follower>`, exists only while the follower is catching up. A new incarnation
begins each time it is created, without a line about a loss.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import redis.asyncio
from redis.exceptions import RedisError

from .system import Services

#: Separates the event stream's key from the follower's name in the key of a catch-up stream.
CATCH_UP = ":to:"

EntryID = tuple[int, int]


def parse_id(text: str) -> EntryID:
    first, second = text.split("-")
    return int(first), int(second)


def format_id(id: EntryID) -> str:
    return f"{id[0]}-{id[1]}"


@dataclass
class Stream:
    key: str
    incarnation: int = 0
    last: EntryID = (0, 0)
    #: The digest of each entry of this incarnation.
    digests: dict[EntryID, bytes] = field(default_factory=dict)
    #: Number of entries that Redis has counted as added but that were not read.
    unread: int | None = None
    checked: EntryID = (0, 0)
    #: Number of entries that had been added at the last check.
    added: int = 0
    max_length: int = 0

    @property
    def is_catch_up(self) -> bool:
        return CATCH_UP in self.key


class Recorder:
    """Follows the streams, through restarts and data losses of Redis."""

    def __init__(
        self, url: str, prefix: str, services: Iterable[str], output: TextIO,
        follows: Mapping[str, Iterable[str]] | None = None,
    ) -> None:  # fmt: skip
        """`follows` has the services whose events each service reads."""
        self._url = url
        self._output = output
        #: Redis's run id, which changes with each restart, and its number of flushes.
        self._server = ""
        self._flushes = 0
        keys = {name: f"{prefix}:events:{{{name}}}" for name in services}
        catch_up = [
            f"{keys[source]}{CATCH_UP}{name}" for name, sources in (follows or {}).items() for source in sources
        ]
        self._streams = {key: Stream(key) for key in [*keys.values(), *catch_up]}

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._follow(stop)
            except (RedisError, OSError, asyncio.TimeoutError):
                # Redis is down or loading, or has closed the connection. Resume from the start of the streams.
                await asyncio.sleep(0.05)
        self._output.flush()

    async def _follow(self, stop: asyncio.Event) -> None:
        client = redis.asyncio.Redis.from_url(self._url, decode_responses=True, socket_connect_timeout=2)
        try:
            await self._resume(client)
            checked_at = 0.0
            while True:
                # A blocking read delivers entries immediately, before all groups can ack them and they are trimmed.
                positions = {stream.key: format_id(stream.last) for stream in self._streams.values()}
                for key, entries in await client.xread(positions, block=100, count=2000) or []:
                    self._record(self._streams[key], entries)
                is_last = stop.is_set()
                if is_last or time.monotonic() - checked_at >= 0.1:
                    await self._check(client)
                    checked_at = time.monotonic()
                self._output.flush()
                if is_last:
                    return
        finally:
            await client.aclose()

    async def _resume(self, client: redis.asyncio.Redis) -> None:
        """Compares the streams with what was recorded: Redis may have lost entries and reused their ids for others."""
        server = (await client.info("server"))["run_id"]
        if server != self._server:
            self._server = server
            self._was_flushed(await client.info("commandstats"))
        for stream in self._streams.values():
            entries = await client.xrange(stream.key)
            present = [(parse_id(id), _digest(fields)) for id, fields in entries]
            if any(id <= stream.last and stream.digests.get(id) not in (None, digest) for id, digest in present):
                self._record_loss(stream)
            self._record(stream, [entry for entry in entries if parse_id(entry[0]) > stream.last])

    async def _check(self, client: redis.asyncio.Redis) -> None:
        """Detects streams that have lost entries, and entries that were added but not read."""
        pipeline = client.pipeline(transaction=True)
        pipeline.info("commandstats")
        for stream in self._streams.values():
            pipeline.xinfo_stream(stream.key)
            pipeline.xrange(stream.key, f"({format_id(stream.last)}", "+")
        statistics, *replies = await pipeline.execute(raise_on_error=False)
        if self._was_flushed(statistics):
            # The stream may already have been filled again.
            for stream in self._streams.values():
                if stream.last != (0, 0):
                    self._record_loss(stream)
                self._record(stream, await client.xrange(stream.key))
            return
        for stream, info, entries in zip(self._streams.values(), replies[0::2], replies[1::2], strict=True):
            if isinstance(info, Exception):
                if "no such key" not in str(info):
                    raise info
                if stream.last != (0, 0):
                    self._record_loss(stream)
                continue
            if parse_id(info["last-generated-id"]) < stream.last or self._was_made_again(stream, info):
                self._record_loss(stream)
                entries = await client.xrange(stream.key)
                self._record(stream, entries)
                continue
            if isinstance(entries, Exception):
                raise entries
            self._record(stream, entries)
            self._record_gap(stream, info)
            if info["length"] > stream.max_length:
                stream.max_length = info["length"]
                self._write(stream, length=stream.max_length)

    @staticmethod
    def _was_made_again(stream: Stream, info: dict[str, Any]) -> bool:
        """True if a catch-up stream was deleted and created again since it was last checked."""
        added = info.get("entries-added", stream.added)
        was_made_again = stream.is_catch_up and added < stream.added
        stream.added = added
        return was_made_again

    def _was_flushed(self, statistics: Any) -> bool:
        if isinstance(statistics, Exception):
            raise statistics
        names = ("cmdstat_flushall", "cmdstat_flushdb")
        count = sum(statistics[name]["calls"] for name in names if name in statistics)
        has_risen, self._flushes = count > self._flushes, count
        return has_risen

    def _record_gap(self, stream: Stream, info: dict[str, Any]) -> None:
        """Records a gap if entries of the stream were added but never read."""
        added = info.get("entries-added")
        if added is None:
            # Redis before version 7 does not count. If the oldest entry is known, no entry before it was missed.
            first = info.get("first-entry")
            oldest = parse_id(first[0]) if first else stream.last
            missed: int | bool = stream.checked != (0, 0) and oldest > stream.checked
        else:
            unread = added - len(stream.digests)
            missed = max(0, unread - (stream.unread or 0))
            stream.unread = unread
        if missed:
            self._write(stream, gap=missed, after=format_id(stream.checked), before=format_id(stream.last))
        stream.checked = stream.last

    def _record_loss(self, stream: Stream) -> None:
        if not stream.is_catch_up:
            self._write(stream, loss=True, last=format_id(stream.last))
        stream.added = 0
        stream.incarnation += 1
        stream.last = stream.checked = (0, 0)
        stream.digests = {}
        stream.unread = None

    def _record(self, stream: Stream, entries: list[Any]) -> None:
        for text, fields in entries:
            id = parse_id(text)
            if id <= stream.last:
                continue
            stream.last = id
            stream.digests[id] = _digest(fields)
            self._write(stream, id=text, fields=fields)

    def _write(self, stream: Stream, **members: Any) -> None:
        line = {"t": int(time.time() * 1000), "stream": stream.key, "incarnation": stream.incarnation, **members}
        self._output.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _digest(fields: dict[str, str] | None) -> bytes:
    return hashlib.blake2b(json.dumps(fields).encode(), digest_size=16).digest()


async def record(redis_url: str, prefix: str, services: Services, path: Path, stop: asyncio.Event) -> None:
    """Records to a file until stopped; reads the streams once more at the end."""
    with path.open("a", encoding="utf-8") as output:
        await Recorder(redis_url, prefix, services.all, output, services.follows).run(stop)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="checker.recorder")
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
        Services.of(info.get("services") or ()),
        options.run / "history.jsonl",
        stop,
    )


if __name__ == "__main__":
    asyncio.run(main())
