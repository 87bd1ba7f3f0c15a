"""The recorder records every entry of a stream, through restarts and losses of Redis, and every possible gap."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

import redis

from ..recorder import Recorder
from ..system import FOLLOWS, STREAMS

KEY = "t:events:{orders}"


class RecorderTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="gittix-checker-")
        self.addCleanup(self.directory.cleanup)
        self.socket = Path(self.directory.name) / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None
        self._start()
        self.addCleanup(self._kill)
        self.output = io.StringIO()
        self.stop = asyncio.Event()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--dir", self.directory.name,
             "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self.redis = redis.Redis(unix_socket_path=str(self.socket), decode_responses=True,
                                 retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.01), 500))  # fmt: skip
        self.redis.ping()

    def _kill(self) -> None:
        self.redis.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def _add(self, *numbers: int, body: str = "{}") -> None:
        for number in numbers:
            self.redis.xadd(KEY, {"id": f"e{number}", "body": body}, id=f"{number}-0")

    async def _record(self) -> None:
        self.recorder = Recorder(f"unix://{self.socket}", "t", STREAMS, self.output, FOLLOWS)
        self.task = asyncio.create_task(self.recorder.run(self.stop))

    async def _until(self, *recorded: tuple[int, str]) -> None:
        """Waits until these incarnations and ids are recorded."""
        async with asyncio.timeout(10):
            while not set(recorded) <= {(line["incarnation"], line["id"]) for line in self._lines() if "id" in line}:
                await asyncio.sleep(0.01)

    async def _end(self) -> list[dict[str, Any]]:
        self.stop.set()
        await asyncio.wait_for(self.task, 10)
        return self._lines()

    def _lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.getvalue().splitlines()]

    @staticmethod
    def _ids(lines: list[dict[str, Any]]) -> list[tuple[int, str]]:
        return [(line["incarnation"], line["id"]) for line in lines if "id" in line]

    async def test_every_added_entry_is_recorded(self) -> None:
        self._add(1, 2)
        await self._record()
        await self._until((0, "2-0"))
        self._add(3, 7)
        lines = await self._end()
        self.assertEqual(self._ids(lines), [(0, "1-0"), (0, "2-0"), (0, "3-0"), (0, "7-0")])
        self.assertEqual(lines[0]["fields"], {"id": "e1", "body": "{}"})
        self.assertEqual([line for line in lines if "id" not in line and "length" not in line], [])
        self.assertEqual([line["length"] for line in lines if "length" in line][-1], 4)

    async def test_a_catch_up_stream_that_is_made_again_is_an_incarnation_without_a_loss(self) -> None:
        key = f"{KEY}:to:payments"
        self._add(1)
        self.redis.xadd(key, {"id": "e1"}, id="1-0")
        self.redis.xadd(key, {"id": "e2"}, id="2-0")
        await self._record()
        await self._until((0, "2-0"))
        self.redis.delete(key)
        async with asyncio.timeout(10):
            while self.recorder._streams[key].incarnation == 0:
                await asyncio.sleep(0.01)
        self.redis.xadd(key, {"id": "e8"}, id="8-0")
        await self._until((1, "8-0"))
        lines = [line for line in await self._end() if line["stream"] == key]
        self.assertEqual(self._ids(lines), [(0, "1-0"), (0, "2-0"), (1, "8-0")])
        self.assertEqual([line for line in lines if line.get("loss")], [])

    async def test_a_lost_stream_starts_a_new_incarnation(self) -> None:
        self._add(1, 2, 3)
        await self._record()
        await self._until((0, "3-0"))
        self.redis.flushall()
        self._add(2, 3)
        await self._until((1, "3-0"))
        self._add(4)
        lines = await self._end()
        self.assertEqual(self._ids(lines)[3:], [(1, "2-0"), (1, "3-0"), (1, "4-0")])
        self.assertEqual([line["last"] for line in lines if line.get("loss")], ["3-0"])

    async def test_a_restart_of_redis_keeps_the_incarnation(self) -> None:
        self._add(1)
        await self._record()
        await self._until((0, "1-0"))
        self._kill()
        self._start()
        self._add(2)
        await self._until((0, "2-0"))
        self.assertEqual(self._ids(await self._end()), [(0, "1-0"), (0, "2-0")])

    async def test_another_entry_under_a_known_id_starts_a_new_incarnation(self) -> None:
        self._add(1, 2)
        await self._record()
        await self._until((0, "2-0"))
        self._kill()
        for file in Path(self.directory.name).glob("appendonlydir/*"):
            file.unlink()
        self._start()
        self._add(1)
        self._add(2, 3, body="other")
        await self._until((1, "3-0"))
        self.assertEqual(self._ids(await self._end())[2:], [(1, "1-0"), (1, "2-0"), (1, "3-0")])

    async def test_entries_trimmed_before_they_were_read_are_a_gap(self) -> None:
        self._add(1, 2, 3, 4)
        self.redis.xtrim(KEY, minid="4-0", approximate=False)
        await self._record()
        await self._until((0, "4-0"))
        self._add(5)
        lines = await self._end()
        self.assertEqual(self._ids(lines), [(0, "4-0"), (0, "5-0")])
        gaps = [line for line in lines if "gap" in line]
        self.assertEqual([(gap["gap"], gap["after"]) for gap in gaps], [(3, "0-0")])


if __name__ == "__main__":
    unittest.main()
