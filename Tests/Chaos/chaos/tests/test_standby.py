"""Tests of the standby that takes the primary's place, and of the comparison that finds its missing commits."""

import subprocess
import tempfile
import unittest
import uuid
from pathlib import Path

from chaos.faults.lost import lost_commits
from chaos.proxy import Proxy
from harness.ports import free_port
from harness.product import base_environment, binaries
from harness.servers import OwnServers, PostgresServer
from harness.standby import standby_of, wait_until_following


class StandbyTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="gittix-standby-")
        self.addCleanup(self.directory.cleanup)
        self.servers = OwnServers(Path(self.directory.name) / "logs")
        await self.servers.start()
        self.primary = self.servers.postgres
        self.link = Proxy(free_port(), self.primary.port)
        await self.link.start()
        self.standby = standby_of(self.primary, 1, free_port())
        subprocess.run(
            [binaries() / "gittix", "migrate"], check=True, capture_output=True,
            env=base_environment() | {"DATABASE_URL": self.primary.url, "REDIS_URL": self.servers.redis.url,
                                      "ENVIRONMENT": "development"},
        )  # fmt: skip

    async def asyncTearDown(self) -> None:
        await self.link.stop()
        await self.standby.stop()
        await self.servers.stop()

    async def follow(self) -> None:
        await self.standby.copy(self.link.port)
        await self.standby.start()
        await wait_until_following(self.primary, is_synchronous=False)

    def cut(self) -> None:
        self.link.refuses = True
        self.link.reset_all()

    async def insert(self, server: PostgresServer) -> str:
        id = str(uuid.uuid4())
        await server.execute("INSERT INTO orders.inbox (id, type) VALUES (%s, 'OrderExpired')", (id,))
        return id

    async def test_the_standby_lacks_exactly_what_was_committed_after_the_cut(self) -> None:
        await self.insert(self.primary)
        await self.follow()
        await self.insert(self.primary)
        await wait_until_following(self.primary, is_synchronous=False)
        self.cut()
        lost = await self.insert(self.primary)
        await self.primary.kill()
        await self.standby.promote()
        old = PostgresServer(free_port(), self.primary.data, self.primary.log, {})
        await old.start()
        try:
            found = await lost_commits(old, self.standby, {})
        finally:
            await old.stop()
        self.assertEqual(found["inbox"]["orders"], [lost])
        self.assertEqual([found["rows"], found["calls"]], [[], []])
        self.assertTrue(found["events"])
        self.assertFalse(any(found["events"].values()))
        # The new primary takes the port of the old one.
        await self.standby.shut_down()
        self.primary.data = self.standby.data
        await self.primary.start()
        self.assertEqual(await self.primary.value("SELECT count(*) FROM orders.inbox"), 2)
        await self.insert(self.primary)


if __name__ == "__main__":
    unittest.main()
