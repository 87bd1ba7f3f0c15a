"""A TCP proxy between one process and one server. It can delay, reset, stall or intercept connections."""

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

# Bytes that a connection may buffer before the proxy stops reading.
HIGH_WATER_BYTES = 1 << 20


@dataclass
class Failpoint:
    """Acts once, on the first bytes from a client that match."""

    matches: Callable[["Link", bytes], bool]
    # Called with the connection, once the bytes have been passed on or dropped.
    act: Callable[["Link"], None]
    # True: the server gets the bytes, but its answer is dropped. False: the bytes are dropped.
    passes: bool


# A client of PostgreSQL prepares COMMIT once on each connection, and then sends only the name of the statement.
PREPARED_COMMIT = re.compile(rb"(s\w+)\x00COMMIT\x00")
# Behind a pooler it sends the text each time, as a statement without a name.
UNNAMED_COMMIT = re.compile(rb"P\x00\x00\x00.\x00COMMIT\x00", re.DOTALL)


def contains(pattern: bytes) -> Callable[["Link", bytes], bool]:
    return lambda link, seen: pattern in seen


def is_commit(link: "Link", seen: bytes) -> bool:
    return (link.commit is not None and link.commit in seen) or UNNAMED_COMMIT.search(seen) is not None


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy: "Proxy"):
        self.proxy = proxy
        self.client: asyncio.Transport | None = None
        self.server: asyncio.Transport | None = None
        self.early: list[bytes] = []
        self.tail = b""
        # The bytes that execute COMMIT on this connection.
        self.commit: bytes | None = None
        # True: bytes from that side are dropped, without any sign to either side.
        self.drops_from_client = False
        self.drops_from_server = False
        # Times before which nothing may be written to each side, so that delayed bytes keep their order.
        self.due = {"client": 0.0, "server": 0.0}

    def from_client(self, data: bytes) -> None:
        for watch in self.proxy.watches:
            watch(data)
        # A pattern may be split between two reads.
        seen = self.tail + data
        self.tail = data[-40:]
        if self.proxy.parses_commits and (found := PREPARED_COMMIT.search(seen)):
            self.commit = b"\0" + found.group(1) + b"\0"
        if self.proxy.failpoints:
            for failpoint in list(self.proxy.failpoints):
                if failpoint.matches(self, seen):
                    self.proxy.failpoints.remove(failpoint)
                    if failpoint.passes:
                        self.send("server", data)
                        self.drops_from_server = True
                    else:
                        self.drops_from_client = True
                    failpoint.act(self)
                    return
        if not self.drops_from_client:
            self.send("server", data)

    def from_server(self, data: bytes) -> None:
        if not self.drops_from_server:
            self.send("client", data)

    def send(self, to: str, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        delay = self.proxy.delay_seconds
        if delay <= 0 and self.due[to] <= loop.time():
            self.write(to, data)
            return
        # call_at does not keep the order of equal times.
        self.due[to] = max(self.due[to] + 1e-5, loop.time() + delay)
        loop.call_at(self.due[to], self.write, to, data)

    def write(self, to: str, data: bytes) -> None:
        transport = self.client if to == "client" else self.server
        if transport is not None and not transport.is_closing():
            transport.write(data)
        elif to == "server" and transport is None:
            self.early.append(data)

    def close(self) -> None:
        """Resets both sides."""
        for transport in (self.client, self.server):
            if transport is not None:
                transport.abort()
        self.proxy.links.discard(self)

    def close_after_delay(self) -> None:
        """Closes both sides once all delayed bytes are written."""
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
        if link.drops_from_server and self.side == "server":
            # A half-open connection: the client must not notice.
            return
        link.close_after_delay()


class Proxy:
    """One listener in front of one server."""

    def __init__(self, port: int, upstream_port: int, parses_commits: bool = False):
        self.port = port
        self.upstream_port = upstream_port
        # True for PostgreSQL: finds each connection's prepared COMMIT.
        self.parses_commits = parses_commits
        self.delay_seconds = 0.0
        # True: new connections are accepted, and nothing ever answers.
        self.is_silent = False
        # True: new connections are reset.
        self.refuses = False
        self.failpoints: list[Failpoint] = []
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
        self.reset_all()
        for task in list(self._opening):
            task.cancel()

    def accept(self, link: Link) -> None:
        if self.refuses:
            link.close()
            return
        self.links.add(link)
        if self.is_silent:
            link.drops_from_client = True
            link.drops_from_server = True
            return
        task = asyncio.get_running_loop().create_task(self._open(link))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Side(link, "server"), "127.0.0.1", self.upstream_port)
        except OSError:
            link.close()

    # Faults

    def reset_all(self) -> int:
        """Resets every connection and returns their number."""
        links = list(self.links)
        for link in links:
            link.close()
        return len(links)

    def half_open(self, way: str) -> None:
        """Drops bytes `to_server`, `to_client` or `both`, without a sign to either side. With `both`, new connections
        are silent as well."""
        self.is_silent = way == "both"
        for link in self.links:
            if way in ("to_server", "both"):
                link.drops_from_client = True
            if way in ("to_client", "both"):
                link.drops_from_server = True

    def heal(self) -> None:
        """Ends all faults. Half-open connections are reset, because bytes are missing."""
        self.delay_seconds = 0.0
        self.is_silent = False
        self.refuses = False
        self.failpoints.clear()
        for link in list(self.links):
            if link.drops_from_client or link.drops_from_server:
                link.close()
