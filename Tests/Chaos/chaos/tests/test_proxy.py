"""The proxy does to connections what it says, and nothing else: every fault of the network leans on it."""

import asyncio
import unittest

from chaos.ports import Ports
from chaos.proxy import Link, Proxy, Trap, commits, has


class ProxyTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        ports = Ports()
        # What reached the server, and a server that sends it back.
        self.seen = bytearray()
        self.news = asyncio.Event()
        port = ports.take()
        self.server = await asyncio.start_server(self._echo, "127.0.0.1", port)
        self.proxy = Proxy("test", ports.take(), port)
        await self.proxy.start()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)

    async def asyncTearDown(self) -> None:
        self.writer.close()
        await self.proxy.stop()
        self.server.close()

    async def _echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                self.seen += data
                self.news.set()
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def reads(self, count: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(count), 5)

    async def test_bytes_go_both_ways_however_many(self) -> None:
        sent = bytes(range(256)) * 20_000
        self.writer.write(sent)
        self.assertEqual(await self.reads(len(sent)), sent)

    async def test_what_is_delayed_keeps_its_order(self) -> None:
        loop = asyncio.get_running_loop()
        self.proxy.delay_seconds = 0.1
        began = loop.time()
        for number in range(50):
            self.writer.write(b"%02d" % number)
            await asyncio.sleep(0)
            if number == 25:
                # What comes after a delay has ended must not overtake.
                self.proxy.delay_seconds = 0.0
        self.assertEqual(await self.reads(100), b"".join(b"%02d" % number for number in range(50)))
        self.assertGreaterEqual(loop.time() - began, 0.1)

    async def test_a_cut_connection_is_reset(self) -> None:
        self.writer.write(b"x")
        await self.reads(1)
        self.assertEqual(self.proxy.cut(), 1)
        with self.assertRaises((ConnectionError, asyncio.IncompleteReadError)):
            await self.reads(1)

    async def test_half_open_one_way_swallows_the_answer_and_is_reset_when_healed(self) -> None:
        self.writer.write(b"a")
        await self.reads(1)
        self.proxy.half_open("to_client")
        self.news.clear()
        self.writer.write(b"b")
        await asyncio.wait_for(self.news.wait(), 5)
        self.assertEqual(bytes(self.seen), b"ab")
        self.proxy.heal()
        with self.assertRaises((ConnectionError, asyncio.IncompleteReadError)):
            await self.reads(1)

    async def test_a_trap_springs_before_the_server_has_the_bytes(self) -> None:
        sprung: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self.proxy.traps.append(Trap(has(b"XACK"), sprung.set_result, passes=False))
        self.writer.write(b"XADD..")
        await self.reads(6)
        # The pattern lies across two reads.
        self.writer.write(b"..XA")
        await self.reads(4)
        self.writer.write(b"CK..")
        link = await asyncio.wait_for(sprung, 5)
        self.assertTrue(link.deaf_to_client)
        self.assertEqual(bytes(self.seen), b"XADD....XA")
        self.assertEqual(self.proxy.traps, [])

    async def test_a_trap_that_lets_pass_keeps_the_answer_back(self) -> None:
        sprung: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self.proxy.traps.append(Trap(has(b"POST /v1/"), sprung.set_result, passes=True))
        self.news.clear()
        self.writer.write(b"POST /v1/refunds")
        await asyncio.wait_for(sprung, 5)
        await asyncio.wait_for(self.news.wait(), 5)
        self.assertEqual(bytes(self.seen), b"POST /v1/refunds")
        self.proxy.cut()
        with self.assertRaises((ConnectionError, asyncio.IncompleteReadError)):
            await self.reads(1)

    async def test_a_prepared_commit_is_known_by_its_name(self) -> None:
        self.proxy.knows_commits = True
        sprung: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        prepare = b"P\0\0\0\x10s7\0COMMIT\0\0\0"
        self.writer.write(prepare)
        await self.reads(len(prepare))
        self.proxy.traps.append(Trap(commits, sprung.set_result, passes=False))
        other = b"B\0\0\0\x0e\0s71\0\0\0\0\0\0\0"
        self.writer.write(other)
        await self.reads(len(other))
        self.assertFalse(sprung.done())
        self.writer.write(b"B\0\0\0\x0d\0s7\0\0\0\0\0\0\0")
        await asyncio.wait_for(sprung, 5)


if __name__ == "__main__":
    unittest.main()
