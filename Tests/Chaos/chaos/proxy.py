"""A TCP proxy between one process and one server, which can be slow, cut, half dead, or spring a trap."""

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

# What a connection may have in flight before its reader waits.
HIGH_WATER_BYTES = 1 << 20


@dataclass
class Trap:
    """Springs once, at the first bytes from the client that match."""

    matches: Callable[["Link", bytes], bool]
    # Called with the connection, before the bytes go on.
    spring: Callable[["Link"], None]
    # Whether the bytes still reach the server.
    passes: bool


# A client of PostgreSQL prepares COMMIT once on each connection, and then says no more than its name.
PREPARED_COMMIT = re.compile(rb"(s\d+)\x00COMMIT\x00")


def has(pattern: bytes) -> Callable[["Link", bytes], bool]:
    return lambda link, seen: pattern in seen


def commits(link: "Link", seen: bytes) -> bool:
    return link.commit is not None and link.commit in seen


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy: "Proxy"):
        self.proxy = proxy
        self.client: asyncio.Transport | None = None
        self.server: asyncio.Transport | None = None
        self.early: list[bytes] = []
        self.tail = b""
        # How a COMMIT begins on this connection.
        self.commit: bytes | None = None
        # Directions that were stopped: what comes is swallowed, and nobody is told.
        self.deaf_to_client = False
        self.deaf_to_server = False
        # What is delayed keeps its order: no bytes overtake others.
        self.due = {"client": 0.0, "server": 0.0}

    @property
    def server_side_port(self) -> int | None:
        """The port that the server sees this connection come from."""
        return self.server.get_extra_info("sockname")[1] if self.server else None

    def from_client(self, data: bytes) -> None:
        for watch in self.proxy.watches:
            watch(data)
        # A pattern may lie across two reads.
        seen = self.tail + data
        self.tail = data[-40:]
        if self.proxy.knows_commits and (found := PREPARED_COMMIT.search(seen)):
            self.commit = b"\0" + found.group(1) + b"\0"
        if self.proxy.traps:
            for trap in list(self.proxy.traps):
                if trap.matches(self, seen):
                    self.proxy.traps.remove(trap)
                    passes = trap.passes
                    if not passes:
                        self.deaf_to_client = True
                    else:
                        self.send("server", data)
                        # The answer never comes.
                        self.deaf_to_server = True
                    trap.spring(self)
                    return
        if not self.deaf_to_client:
            self.send("server", data)

    def from_server(self, data: bytes) -> None:
        if not self.deaf_to_server:
            self.send("client", data)

    def send(self, to: str, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        delay = self.proxy.delay_seconds
        if delay <= 0 and self.due[to] <= loop.time():
            self.write(to, data)
            return
        # Two writes may be due in the same instant: call_at keeps the order of equal times only by its heap's luck.
        self.due[to] = max(self.due[to] + 1e-5, loop.time() + delay)
        loop.call_at(self.due[to], self.write, to, data)

    def write(self, to: str, data: bytes) -> None:
        transport = self.client if to == "client" else self.server
        if transport is not None and not transport.is_closing():
            transport.write(data)
        elif to == "server" and transport is None:
            self.early.append(data)

    def close(self) -> None:
        """Ends both sides at once, by a reset."""
        for transport in (self.client, self.server):
            if transport is not None:
                transport.abort()
        self.proxy.links.discard(self)

    def end_soon(self) -> None:
        """After what is still delayed."""
        loop = asyncio.get_running_loop()
        latest = max(self.due.values())
        if latest > loop.time():
            loop.call_at(latest + 0.001, self.finish)
        else:
            self.finish()

    def finish(self) -> None:
        for transport in (self.client, self.server):
            if transport is not None and not transport.is_closing():
                transport.close()
        self.proxy.links.discard(self)


class _Side(asyncio.Protocol):
    def __init__(self, link: Link, side: str):
        self.link = link
        self.side = side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.side == "client":
            self.link.client = transport
            self.link.proxy.accept(self.link)
        else:
            self.link.server = transport
            for data in self.link.early:
                transport.write(data)
            self.link.early = []

    def data_received(self, data: bytes) -> None:
        if self.side == "client":
            self.link.from_client(data)
        else:
            self.link.from_server(data)

    def _other(self) -> asyncio.Transport | None:
        return self.link.server if self.side == "client" else self.link.client

    def pause_writing(self) -> None:
        other = self._other()
        if other is not None:
            other.pause_reading()

    def resume_writing(self) -> None:
        other = self._other()
        if other is not None and not other.is_closing():
            other.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        link = self.link
        if link.deaf_to_server and self.side == "server":
            # The client is not told either: that is what half-open means.
            return
        link.end_soon()


class Proxy:
    """One listener, one server behind it."""

    def __init__(self, name: str, port: int, upstream_port: int):
        self.name = name
        self.port = port
        self.upstream_port = upstream_port
        # Whether it is the way to a PostgreSQL.
        self.knows_commits = False
        self.delay_seconds = 0.0
        # Whether connections are taken and nothing ever answers.
        self.is_silent = False
        # Whether connections are refused (closed as they come).
        self.refuses = False
        self.traps: list[Trap] = []
        self.watches: list[Callable[[bytes], None]] = []
        self.links: set[Link] = set()
        self._server: asyncio.Server | None = None
        self._opening: set[asyncio.Task] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Side(Link(self), "client"), "127.0.0.1", self.port, backlog=256
        )

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in list(self._opening):
            task.cancel()

    def accept(self, link: Link) -> None:
        if self.refuses:
            link.close()
            return
        self.links.add(link)
        if self.is_silent:
            link.deaf_to_client = True
            link.deaf_to_server = True
            return
        task = asyncio.get_running_loop().create_task(self._open(link))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Side(link, "server"), "127.0.0.1", self.upstream_port)
        except OSError:
            # The server is away: so is the connection.
            link.close()

    # What goes wrong

    def cut(self) -> int:
        """Resets every connection."""
        links = list(self.links)
        for link in links:
            link.close()
        return len(links)

    def half_open(self, way: str) -> None:
        """Stops one way of every connection, or both, with no sign to either end; new ones are silent as well."""
        self.is_silent = way == "both"
        for link in self.links:
            if way in ("to_server", "both"):
                link.deaf_to_client = True
            if way in ("to_client", "both"):
                link.deaf_to_server = True

    def heal(self) -> None:
        """What was half open cannot go on: bytes are missing. It is reset, as a middlebox that has come back would."""
        self.delay_seconds = 0.0
        self.is_silent = False
        self.refuses = False
        self.traps.clear()
        for link in list(self.links):
            if link.deaf_to_client or link.deaf_to_server:
                link.close()
