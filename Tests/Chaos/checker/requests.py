"""The requests in the clients' log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Request:
    """One HTTP request and its response. Times are epoch milliseconds."""

    line: dict[str, Any]

    @property
    def start(self) -> float:
        return float(self.line.get("t0") or 0)

    @property
    def end(self) -> float:
        return float(self.line.get("t1") or self.start)

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / 1000

    @property
    def method(self) -> str:
        return str(self.line.get("method") or "")

    @property
    def path(self) -> str:
        return str(self.line.get("path") or "").split("?")[0]

    @property
    def route(self) -> str:
        """Method and path, with `:id` in place of an id: `DELETE /api/orders/:id`."""
        return f"{self.method} {UUID.sub(':id', self.path)}"

    @property
    def subject(self) -> str | None:
        """The first id in the path."""
        found = UUID.search(self.path)
        return found[0] if found else None

    @property
    def user(self) -> str | None:
        return self.line.get("user")

    @property
    def key(self) -> str | None:
        """The `Idempotency-Key`."""
        return self.line.get("key")

    @property
    def status(self) -> int | None:
        """The response's status; None if the connection broke."""
        return self.line.get("status")

    @property
    def error(self) -> str | None:
        return self.line.get("error")

    @property
    def body(self) -> dict[str, Any]:
        body = self.line.get("body")
        return body if isinstance(body, dict) else {}

    @property
    def response(self) -> dict[str, Any]:
        """The response's body."""
        body = self.line.get("answer")
        return body if isinstance(body, dict) else {}

    @property
    def command(self) -> str | None:
        """The command's id, if the response names it: the id that a `201` created, or the `Location` of a `202` or
        `503`."""
        if self.status in (202, 503):
            found = UUID.search(str(self.line.get("location") or ""))
            return found[0] if found else None
        if self.status == 201 and self.route != "POST /api/payments":
            id = self.response.get("id")
            return id if isinstance(id, str) else None
        return None

    @property
    def service(self) -> str | None:
        """The service that processes the command."""
        for part in ("orders", "tickets", "payments", "users"):
            if self.path.startswith(f"/api/{part}") or self.path.startswith(f"/api/admin/{part}"):
                return part
        for part in ("performances", "events", "venues", "performers", "merges"):
            if self.path.startswith(f"/api/{part}") or self.path.startswith(f"/api/admin/{part}"):
                return "catalogue"
        return None

    def evidence(self) -> dict[str, Any]:
        """The members of the log line that a violation shows."""
        names = ("t0", "t1", "client", "user", "op", "method", "path", "key", "origin", "wait", "status", "error", "id")
        return {name: self.line[name] for name in names if self.line.get(name) is not None}


def api_requests(lines: list[dict[str, Any]]) -> list[Request]:
    """The requests to the API, in the order in which they began."""
    found = [Request(line) for line in lines if str(line.get("path") or "").startswith("/api/")]
    return sorted(found, key=lambda request: request.start)
