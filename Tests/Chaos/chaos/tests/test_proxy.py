"""Tests of the proxy that injects the network faults."""

import asyncio
import unittest

from chaos.proxy import Failpoint, Link, Proxy, contains, is_commit
from harness.ports import free_port


class ProxyTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        # The bytes that reached the server, which sends them back.
        self.received = bytearray()
        self.has_received = asyncio.Event()
        port = free_port()
        self.server = await asyncio.start_server(self._echo, "127.0.0.1", port)
        self.proxy = Proxy(free_port(), port)
        await self.proxy.start()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)

    async def asyncTearDown(self) -> None:
        self.writer.close()
        await self.proxy.stop()
        self.server.close()

    async def _echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                self.received += data
                self.has_received.set()
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def read(self, count: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(count), 5)

    async def test_forwards_bytes_both_ways(self) -> None:
        sent = bytes(range(256)) * 20_000
        self.writer.write(sent)
        self.assertEqual(await self.read(len(sent)), sent)

    async def test_delayed_bytes_keep_their_order(self) -> None:
        loop = asyncio.get_running_loop()
        self.proxy.delay_seconds = 0.1
        began = loop.time()
        for number in range(50):
            self.writer.write(b"%02d" % number)
            await asyncio.sleep(0)
            if number == 25:
                # Later bytes, which are not delayed, must not overtake delayed bytes.
                self.proxy.delay_seconds = 0.0
        self.assertEqual(await self.read(100), b"".join(b"%02d" % number for number in range(50)))
        self.assertGreaterEqual(loop.time() - began, 0.1)

    async def test_reset_all_resets_a_connection(self) -> None:
        self.writer.write(b"x")
        await self.read(1)
        self.assertEqual(self.proxy.reset_all(), 1)
        with self.assertRaises((ConnectionError, asyncio.IncompleteReadError)):
            await self.read(1)

    async def test_half_open_drops_the_answer_and_healing_resets(self) -> None:
        self.writer.write(b"a")
        await self.read(1)
        self.proxy.half_open("to_client")
        self.has_received.clear()
        self.writer.write(b"b")
        await asyncio.wait_for(self.has_received.wait(), 5)
        self.assertEqual(bytes(self.received), b"ab")
        self.proxy.heal()
        with self.assertRaises((ConnectionError, asyncio.IncompleteReadError)):
            await self.read(1)

    async def test_a_failpoint_acts_before_the_server_has_the_bytes(self) -> None:
        caught: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self.proxy.failpoints.append(Failpoint(contains(b"XACK"), caught.set_result, passes=False))
        self.writer.write(b"XADD..")
        await self.read(6)
        # The pattern is split between two reads.
        self.writer.write(b"..XA")
        await self.read(4)
        self.writer.write(b"CK..")
        link = await asyncio.wait_for(caught, 5)
        self.assertTrue(link.drops_from_client)
        self.assertEqual(bytes(self.received), b"XADD....XA")
        self.assertEqual(self.proxy.failpoints, [])

    async def test_a_passing_failpoint_drops_the_answer(self) -> None:
        caught: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self.proxy.failpoints.append(Failpoint(contains(b"POST /v1/"), caught.set_result, passes=True))
        self.has_received.clear()
        self.writer.write(b"POST /v1/refunds")
        await asyncio.wait_for(caught, 5)
        await asyncio.wait_for(self.has_received.wait(), 5)
        self.assertEqual(bytes(self.received), b"POST /v1/refunds")
        self.proxy.reset_all()
        with self.assertRaises((ConnectionError, asyncio.IncompleteReadError)):
            await self.read(1)

    async def test_finds_a_prepared_commit_by_its_name(self) -> None:
        self.proxy.parses_commits = True
        caught: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        # The names of a connection have a prefix that no other connection uses.
        prepare = b"P\0\0\0\x14s1k9_7\0COMMIT\0\0\0"
        self.writer.write(prepare)
        await self.read(len(prepare))
        self.proxy.failpoints.append(Failpoint(is_commit, caught.set_result, passes=False))
        other = b"B\0\0\0\x12\0s1k9_71\0\0\0\0\0\0\0"
        self.writer.write(other)
        await self.read(len(other))
        self.assertFalse(caught.done())
        self.writer.write(b"B\0\0\0\x11\0s1k9_7\0\0\0\0\0\0\0")
        await asyncio.wait_for(caught, 5)

    async def test_finds_a_commit_without_a_name(self) -> None:
        self.proxy.parses_commits = True
        caught: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self.proxy.failpoints.append(Failpoint(is_commit, caught.set_result, passes=False))
        other = b"P\0\0\0\x0f\0BEGIN\0\0\0"
        self.writer.write(other)
        await self.read(len(other))
        self.assertFalse(caught.done())
        self.writer.write(b"P\0\0\0\x10\0COMMIT\0\0\0")
        await asyncio.wait_for(caught, 5)


if __name__ == "__main__":
    unittest.main()
