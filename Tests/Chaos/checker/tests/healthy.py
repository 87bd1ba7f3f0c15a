"""A small market in which no law is broken, written by hand like the data of the services, with orders in each state.
It knows the services' tables, streams and responses, but uses none of their code.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import redis

from ..rundir import Fault, RunDirectory
from ..system import FOLLOWS, SERVICES

ORIGIN = "http://127.0.0.1:8080"
PROCESSES = {"api-1": {"kind": "api", "origin": ORIGIN}, "api-2": {"kind": "api", "origin": "http://127.0.0.1:8081"},
             "orders-1": {"kind": "orders", "origin": None}}  # fmt: skip
OPERATIONS = {
    "create_session": "checkout.sessions.create",
    "expire_session": "checkout.sessions.expire",
    "capture": "payment_intents.capture",
    "cancel_intent": "payment_intents.cancel",
    "refund": "refunds.create",
}
#: The split rule `pairs`.
PAIRS = 0xAAAA_AAAA_AAAA_AAAA - 2**64


def rfc3339(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


@dataclass
class Order:
    id: str
    user: str
    listing: dict[str, Any]
    quantity: int
    expires: int
    created: int
    status: str = "awaiting_payment"
    reason: str | None = None
    attempt: int | None = None
    updated: int = 0
    version: int = 1
    payment_events: int = 0
    units: list[int] = field(default_factory=list)

    @property
    def seats(self) -> list[str] | None:
        seats = self.listing.get("seats")
        return seats and [seats[unit - 1]["name"] for unit in self.units]

    @property
    def all_in(self) -> int:
        return self.listing["price"] + self.listing.get("pricing", {}).get("buyerFee", 0)

    @property
    def total(self) -> int:
        return self.all_in * self.quantity

    def body(self) -> dict[str, Any]:
        body = {
            "id": self.id, "userId": self.user, "ticketId": self.listing["id"], "ticketTitle": self.listing["title"],
            "quantity": self.quantity, "price": self.listing["price"], "total": self.total, "currency": "EUR",
            "status": self.status, "reason": self.reason, "attempt": self.attempt, "version": self.version,
            "units": self.units if self.seats else None, "seats": self.seats,
            "pricing": self.listing.get("pricing"),
            "expiresAt": rfc3339(self.expires), "createdAt": rfc3339(self.created), "updatedAt": rfc3339(self.updated),
        }  # fmt: skip
        return {name: value for name, value in body.items() if value is not None}

    def response(self) -> dict[str, Any]:
        response = {name: value for name, value in self.body().items() if name not in ("ticketId", "ticketTitle", "units")}
        response["allIn"] = self.all_in
        response["ticket"] = {name: self.listing[name] for name in ("id", "title", "price")}
        return response


class Market:
    """Builds the data of a market. The database is written immediately; Redis, the log and the history at the end."""

    def __init__(self, database: psycopg.Connection, prefix: str) -> None:
        self.database = database
        self.prefix = prefix
        self.now = int(database.execute("SELECT extract(epoch FROM now()) * 1000").fetchone()[0]) - 600_000
        self.record: dict[str, Any] = {"sessions": [], "payment_intents": [], "requests": {}}
        self.clients: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self.streams: dict[str, list[tuple[str, dict[str, str]]]] = {name: [] for name in (*SERVICES, "expiration")}
        self.timers: dict[str, int] = {}
        self.next_unit: dict[str, int] = {}
        self.free: dict[str, list[int]] = {}
        self.faults: list[Fault] = []
        # A number beyond all rows, so that a damage that adds a row breaks no other law.
        for follower, sources in FOLLOWS.items():
            for service in sources:
                if service in SERVICES:
                    self.sql(f"INSERT INTO {service}.followers (name, settled) VALUES (%s, 1000000)", follower)

    # Primitives

    def tick(self, ms: int = 50) -> int:
        self.now += ms
        return self.now

    def sql(self, statement: str, *values: Any) -> None:
        self.database.execute(statement, values)

    def event(self, service: str, type: str, subject: str, version: int, body: dict[str, Any]) -> None:
        id, at, text = str(uuid.uuid4()), rfc3339(self.now), json.dumps(body)
        number = self.database.execute(
            f"""
            INSERT INTO {service}.outbox (id, event_id, type, v, at, subject, version, trace, body)
            VALUES (nextval('{service}.outbox_ids'), %s, %s, 1, %s, %s, %s, '', %s) RETURNING id
            """,
            (id, type, at, subject, version, text),
        ).fetchone()[0]
        fields = {"id": id, "type": type, "v": "1", "at": at, "subject": subject, "version": str(version), "trace": "",
                  "body": text}  # fmt: skip
        self.publish(service, f"{number}-0", fields)
        for follower in SERVICES:
            if service in FOLLOWS[follower]:
                self.sql(f"INSERT INTO {follower}.inbox (id, type) VALUES (%s, %s)", id, type)

    def publish(self, service: str, id: str, fields: dict[str, str]) -> None:
        self.streams[service].append((id, fields))
        key = f"{self.prefix}:events:{{{service}}}"
        self.history.append({"t": self.now + 5, "stream": key, "incarnation": 0, "id": id, "fields": fields})

    def command(self, service: str, id: str, actor: str, type: str, reply: dict[str, Any] | None) -> None:
        self.sql(
            f"INSERT INTO {service}.inbox (id, actor, type, outcome, reply) VALUES (%s, %s, %s, %s, %s)",
            id, actor, type, "done", json.dumps(reply or {}),
        )  # fmt: skip

    def request(self, user: str | None, method: str, path: str, status: int | None, **members: Any) -> dict[str, Any]:
        start = self.tick()
        line = {
            "t0": start, "t1": self.tick(), "client": "c1", "user": user, "op": "", "method": method, "path": path,
            "key": None, "body": None, "status": status, "error": None, "location": None, "id": None, "answer": None,
            "origin": ORIGIN, "wait": None, **members,
        }  # fmt: skip
        self.clients.append(line)
        return line

    # Users and listings

    def user(self, email: str) -> str:
        id, session = str(uuid.uuid4()), str(uuid.uuid4())
        at = rfc3339(self.tick())
        self.sql("INSERT INTO users.users (id, email, password_hash, version, created_at, updated_at) "
                 "VALUES (%s, %s, 'x', 1, %s, %s)", id, email, at, at)  # fmt: skip
        self.sql("INSERT INTO users.sessions VALUES (%s, %s, 'agent', %s, %s, now() + interval '30 days')",
                 session, id, at, at)  # fmt: skip
        for rotated in (at, None):
            self.sql("INSERT INTO users.refresh_tokens VALUES (sha256(%s), %s, %s, %s)",
                     f"{session} {rotated}".encode(), session, at, rotated)  # fmt: skip
        answer = {"id": id, "email": email, "role": "member", "version": 1, "createdAt": at}
        self.command("users", id, "-", "SignUp", {"user": answer})
        self._publish_user(id, "UserCreated", "active", 1)
        self.request(None, "POST", "/api/users/signup", 201, key=f"up-{email}", body={"email": email}, answer=answer)
        return id

    def ban(self, admin: str, user: str) -> None:
        at = rfc3339(self.tick())
        self.sql("UPDATE users.users SET status = 'banned', version = 2, updated_at = %s WHERE id = %s", at, user)
        self.sql("UPDATE users.sessions SET ended_at = %s, ended_because = 'banned' WHERE user_id = %s", at, user)
        self._publish_user(user, "UserUpdated", "banned", 2)
        self.command("users", str(uuid.uuid4()), admin, "BanUser", {"id": user, "version": 2})
        self.request(admin, "POST", f"/api/admin/users/{user}/ban", 200, op="ban", id=user)

    def _publish_user(self, id: str, type: str, status: str, version: int) -> None:
        for copy in ("tickets.users", "orders.users"):
            self.sql(f"INSERT INTO {copy} VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET status = excluded.status, "
                     "version = excluded.version", id, status, version)  # fmt: skip
        self.sql("INSERT INTO catalogue.users VALUES (%s, %s, 'member', %s) ON CONFLICT (id) DO UPDATE "
                 "SET status = excluded.status, version = excluded.version", id, status, version)  # fmt: skip
        self.event("users", type, id, version, {"id": id, "status": status, "role": "member", "version": version})

    def create_performance(self, title: str, country: str = "IS") -> dict[str, Any]:
        id, at = str(uuid.uuid4()), rfc3339(self.tick())
        state = {"id": id, "eventId": id, "title": title, "category": "concert", "performers": [], "venueId": id,
                 "venue": {"name": "Harpa", "city": "Reykjavík", "country": country, "timeZone": "Atlantic/Reykjavik"},
                 "times": {"startsAt": "2099-05-31T20:00:00.000Z"}, "status": "scheduled", "version": 1,
                 "createdAt": at, "updatedAt": at}  # fmt: skip
        columns = "title, category, venue, city, country, time_zone, starts_at, status, version"
        values = (title, "concert", *state["venue"].values(), state["times"]["startsAt"], "scheduled", 1)
        marks = ", ".join(["%s"] * len(values))
        self.sql("INSERT INTO catalogue.performances (id, event_id, event_version, performers, venue_id, "
                 f"venue_version, created_at, updated_at, {columns}) "
                 f"VALUES (%s, %s, 1, '{{}}', %s, 1, %s, %s, {marks})", id, id, id, at, at, *values)  # fmt: skip
        self.sql(f"INSERT INTO tickets.performances (id, event_id, {columns}) VALUES (%s, %s, {marks})",
                 id, id, *values)  # fmt: skip
        self.event("catalogue", "PerformanceCreated", id, 1, state)
        return state

    def cancel_performance(self, state: dict[str, Any]) -> None:
        state |= {"status": "cancelled", "version": 2, "updatedAt": rfc3339(self.tick())}
        for table in ("catalogue.performances", "tickets.performances"):
            self.sql(f"UPDATE {table} SET status = 'cancelled', version = 2 WHERE id = %s", state["id"])
        self.event("catalogue", "PerformanceUpdated", state["id"], 2, state)

    def create_listing(
        self, seller: str, price: int, quantity: int, performance: dict[str, Any] | None = None,
        split_set: int | None = None, seats: list[tuple[str, int]] | None = None, pricing: dict[str, Any] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        id, at = str(uuid.uuid4()), rfc3339(self.tick())
        listing = {"id": id, "sellerId": seller, "title": f"Seat for {price}", "price": price, "currency": "EUR",
                  "quantity": quantity, "withdrawn": False, "version": 1, "createdAt": at, "updatedAt": at}  # fmt: skip
        body: dict[str, Any] = {"title": listing["title"]}
        details: dict[str, Any] = {}
        if performance:
            body = {"performanceId": performance["id"]}
            details = {"venue": performance["venue"]["name"], "city": performance["venue"]["city"],
                       "startsAt": performance["times"]["startsAt"], "timeZone": performance["venue"]["timeZone"]}
            listing |= {"performanceId": performance["id"], "title": performance["title"], "details": details}
        show = [details.get(name) for name in ("venue", "city", "startsAt", "timeZone")]
        self.sql("INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, split_rule, "
                 "withdrawn, version, created_at, updated_at, performance_id, performance_version, venue, city, "
                 "starts_at, time_zone) "
                 "VALUES (%s, %s, %s, %s, 'EUR', %s, %s, false, 1, %s, %s, %s, 1, %s, %s, %s, %s)",
                 id, seller, listing["title"], price, quantity, split_set and "pairs", at, at, body.get("performanceId"), *show)  # fmt: skip
        self.sql("INSERT INTO orders.tickets (id, seller_id, title, price, currency, offered, split_set, "
                 "withdrawn, version, venue, city, starts_at, time_zone) "
                 "VALUES (%s, %s, %s, %s, 'EUR', %s, %s, false, 1, %s, %s, %s, %s)",
                 id, seller, listing["title"], price, quantity, split_set, *show)  # fmt: skip
        if pricing:
            listing["pricing"] = pricing
            for table in ("tickets.tickets", "orders.tickets"):
                self.set_pricing(table, id, pricing)
        self.next_unit[id], self.free[id] = 1, []
        if seats and performance:
            self._add_seats(listing, performance["id"], seats)
        self.command("tickets", id, seller, "CreateTicket", self._representation(listing))
        self.event("tickets", "TicketCreated", id, 1, listing)
        self.request(seller, "POST", "/api/tickets", 201, key=f"list-{id}", answer=self._representation(listing),
                     body=body | {"price": price, "currency": "EUR", "quantity": quantity})
        return listing

    def _add_seats(self, listing: dict[str, Any], performance: str, seats: list[tuple[str, int]]) -> None:
        """Adds seats with their sales, all in the same section and row."""
        id, names, sales = listing["id"], [name for name, _ in seats], [sale for _, sale in seats]
        listing |= {"seats": [{"name": name, "sale": sale} for name, sale in seats]}
        listing["details"] |= {"section": "B", "row": "7"}
        self.sql("UPDATE tickets.tickets SET seats = %s, sales = %s, section = 'B', seat_row = '7', free_mask = %s "
                 "WHERE id = %s", names, sales, 2 ** len(seats) - 1, id)  # fmt: skip
        self.sql("UPDATE orders.tickets SET seats = %s, sales = %s, section = 'B', seat_row = '7', split_set = "
                 "coalesce(split_set, -1), performance_id = %s, next_unit = %s WHERE id = %s",
                 names, sales, performance, len(seats) + 1, id)  # fmt: skip
        self.next_unit[id], self.free[id] = len(seats) + 1, list(range(1, len(seats) + 1))
        for unit, (name, sale) in enumerate(seats, 1):
            self.sql("INSERT INTO orders.free_units VALUES (%s, %s)", id, unit)
            self.sql("INSERT INTO tickets.seats VALUES (%s, %s, %s, %s, %s, %s, true)",
                     id, unit, performance, f"b\x1f7\x1f{name}", name, sale)  # fmt: skip

    def _sell_seats(self, order: Order) -> None:
        """Records a new order's seats in both services."""
        id = order.listing["id"]
        self.sql("UPDATE tickets.orders SET units = %s, user_id = %s WHERE order_id = %s",
                 order.units, order.user, order.id)  # fmt: skip
        self.sql("INSERT INTO orders.seat_sales SELECT performance_id, seat_key, sale, ticket_id, unit, %s "
                 "FROM tickets.seats WHERE ticket_id = %s AND unit = ANY(%s)", order.id, id, order.units)  # fmt: skip
        self.sql("UPDATE tickets.seats SET order_ids = ARRAY[%s::uuid] WHERE ticket_id = %s AND unit = ANY(%s)",
                 order.id, id, order.units)  # fmt: skip
        self._count_free(id)

    def _release_seats(self, order: Order) -> None:
        self.sql("DELETE FROM orders.seat_sales WHERE order_id = %s", order.id)
        self.sql("UPDATE tickets.seats SET order_ids = '{}' WHERE ticket_id = %s AND unit = ANY(%s)",
                 order.listing["id"], order.units)  # fmt: skip
        self._count_free(order.listing["id"])

    def _count_free(self, listing: str) -> None:
        mask = sum(1 << unit - 1 for unit in self.free[listing])
        self.sql("UPDATE tickets.tickets SET free_mask = %s WHERE id = %s", mask, listing)

    def apply_prices(self) -> None:
        """Stores a fee rule for prices in EUR, and a price policy of Norway: a price is at most what the ticket
        originally cost."""
        self.sql("INSERT INTO tickets.fee_rules VALUES (1, '*/*/EUR', NULL, NULL, 'EUR', 500, 50, 250, 0, 60, NULL, "
                 "'2020-01-01', now())")  # fmt: skip
        self.sql("INSERT INTO tickets.price_policies VALUES (1, 'NO', 'Norway', 'in_force', 'original_total', 10000, 0, "
                 "NULL, 'ask', false, '{}', false, false, false, 'declared', '{}', '2020-01-01', NULL, 'A law', "
                 "'2026-11-28', NULL, now())")  # fmt: skip

    def set_pricing(self, table: str, id: str, pricing: dict[str, Any]) -> None:
        self.sql(f"UPDATE {table} SET buyer_fee = %s, seller_fee = %s, tax = %s, fee_version = %s, policy_version = %s, "
                 "face_value = %s WHERE id = %s", *pricing.values(), id)  # fmt: skip

    def close_listing(self, listing: dict[str, Any]) -> None:
        """Closes the listing, because its performance is cancelled."""
        listing |= {"withdrawn": True, "suspended": {"reason": "event_cancelled", "wasOnSale": True}, "version": 2,
                    "updatedAt": rfc3339(self.tick())}  # fmt: skip
        self.sql("UPDATE tickets.tickets SET withdrawn = true, suspended_reason = 'event_cancelled', "
                 "suspended_on_sale = true, performance_version = 2, version = 2 WHERE id = %s", listing["id"])
        self.sql("UPDATE orders.tickets SET withdrawn = true, suspended = 'event_cancelled', version = 2 WHERE id = %s",
                 listing["id"])  # fmt: skip
        self.event("tickets", "TicketUpdated", listing["id"], 2, listing)

    def change(self, listing: dict[str, Any], **changes: Any) -> dict[str, Any]:
        listing = {**listing, **changes, "version": listing["version"] + 1, "updatedAt": rfc3339(self.tick())}
        values = (listing["price"], listing["quantity"], listing["withdrawn"], listing["version"])
        self.sql("UPDATE tickets.tickets SET price = %s, quantity = %s, withdrawn = %s, version = %s, updated_at = %s "
                 "WHERE id = %s", *values, listing["updatedAt"], listing["id"])  # fmt: skip
        self.sql("UPDATE orders.tickets SET price = %s, offered = %s, withdrawn = %s, version = %s WHERE id = %s",
                 *values, listing["id"])  # fmt: skip
        self.command("tickets", str(uuid.uuid4()), listing["sellerId"], "ChangeTicket", self._representation(listing))
        self.event("tickets", "TicketUpdated", listing["id"], listing["version"], listing)
        path = f"/api/tickets/{listing['id']}"
        if listing["withdrawn"]:
            self.request(listing["sellerId"], "DELETE", path, 204)
        else:
            self.request(listing["sellerId"], "PUT", path, 200, body=changes, answer=self._representation(listing))
        return listing

    @staticmethod
    def _representation(listing: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in listing.items() if name != "sellerId"}
        if "seats" in shown:
            shown["seats"] = [seat["name"] for seat in shown["seats"]]
        return {**shown, "userId": listing["sellerId"]}

    # Orders

    def order(self, user: str, listing: dict[str, Any], quantity: int = 1, hold: int = 120, **request: Any) -> Order:
        at = self.tick()
        order = Order(str(uuid.uuid4()), user, listing, quantity, at + hold * 1000, at, updated=at)
        order.units = [self._allocate_unit(listing["id"]) for _ in range(quantity)]
        pricing = list(listing.get("pricing", {}).values()) or [None] * 6
        self.sql("INSERT INTO orders.orders (id, user_id, ticket_id, ticket_title, quantity, price, total, currency, "
                 "status, expires_at, created_at, updated_at, version, units, seats, buyer_fee, seller_fee, tax, "
                 "fee_version, policy_version, face_value) "
                 "VALUES (%s, %s, %s, %s, %s, %s, %s, 'EUR', 'awaiting_payment', %s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s)",
                 order.id, user, listing["id"], listing["title"], quantity, listing["price"], order.total,
                 rfc3339(order.expires), rfc3339(at), rfc3339(at), order.units if order.seats else None,
                 order.seats, *pricing)  # fmt: skip
        for unit in order.units:
            self.sql("INSERT INTO orders.allocations VALUES (%s, %s, %s)", listing["id"], unit, order.id)
        self._count(order, quantity)
        self.command("orders", order.id, user, "CreateOrder", order.response())
        self.sql("INSERT INTO payments.orders (id, user_id, title, quantity, price, total, currency, status, "
                 "expires_at, version) VALUES (%s, %s, %s, %s, %s, %s, 'EUR', 'awaiting_payment', %s, 1)", order.id,
                 user, listing["title"], quantity, listing["price"], order.total, rfc3339(order.expires))  # fmt: skip
        self.sql("INSERT INTO tickets.orders VALUES (%s, %s, %s, 'awaiting_payment', 1)",
                 order.id, listing["id"], quantity)  # fmt: skip
        if order.seats:
            self._sell_seats(order)
        self.event("orders", "OrderCreated", order.id, 1, order.body())
        self.timers[order.id] = order.expires
        known = {"status": 201, "key": f"order-{order.id}", "answer": order.response()} | request
        self.request(user, "POST", "/api/orders", **known,
                     body={"ticketId": listing["id"], "quantity": quantity, "price": order.all_in})
        return order

    def _allocate_unit(self, listing: str) -> int:
        if self.free[listing]:
            unit = self.free[listing].pop(0)
            self.sql("DELETE FROM orders.free_units WHERE (ticket_id, unit) = (%s, %s)", listing, unit)
            return unit
        self.next_unit[listing] += 1
        return self.next_unit[listing] - 1

    def _count(self, order: Order, held: int) -> None:
        self.sql("UPDATE orders.tickets SET held = held + %s, next_unit = %s WHERE id = %s", held,
                 self.next_unit[order.listing["id"]], order.listing["id"])  # fmt: skip
        self.sql("UPDATE tickets.tickets SET held = held + %s WHERE id = %s", held, order.listing["id"])

    def change_status(self, order: Order, type: str, status: str, reason: str | None = None) -> None:
        order.status, order.reason, order.updated = status, reason, self.tick()
        order.version += 1
        self.sql("UPDATE orders.orders SET status = %s, reason = %s, attempt = %s, updated_at = %s, version = %s "
                 "WHERE id = %s", status, reason, order.attempt, rfc3339(order.updated), order.version, order.id)
        self.sql("UPDATE tickets.orders SET status = %s, version = %s WHERE order_id = %s",
                 status, order.version, order.id)  # fmt: skip
        self.sql("UPDATE payments.orders SET status = %s, claimed = %s, version = %s WHERE id = %s",
                 status, order.attempt, order.version, order.id)  # fmt: skip
        if status == "cancelled":
            self.sql("DELETE FROM orders.allocations WHERE order_id = %s", order.id)
            for unit in order.units:
                self.sql("INSERT INTO orders.free_units VALUES (%s, %s)", order.listing["id"], unit)
            self.free[order.listing["id"]] = sorted(self.free[order.listing["id"]] + order.units)
            self._count(order, -order.quantity)
            if order.seats:
                self._release_seats(order)
        if status == "complete" and order.seats:
            self.sql("UPDATE tickets.seats SET holder = %s WHERE ticket_id = %s AND unit = ANY(%s)",
                     order.user, order.listing["id"], order.units)  # fmt: skip
        if status == "complete":
            self.sql("UPDATE tickets.tickets SET held = held - %s, sold = sold + %s WHERE id = %s",
                     order.quantity, order.quantity, order.listing["id"])  # fmt: skip
        self.timers.pop(order.id, None)
        self.event("orders", type, order.id, order.version, order.body())

    def read(self, order: Order) -> None:
        self.request(order.user, "GET", f"/api/orders/{order.id}", 200, answer=order.response())

    def cancel(self, order: Order) -> None:
        self.change_status(order, "OrderCancelled", "cancelled", "cancelled_by_buyer")
        self.command("orders", str(uuid.uuid4()), order.user, "CancelOrder", order.response())
        self.request(order.user, "DELETE", f"/api/orders/{order.id}", 204)
        self.read(order)

    def expire(self, order: Order) -> None:
        self.now = order.expires + 40
        id = f"{self.now}-0"
        body = json.dumps({"orderId": order.id, "expiresAt": rfc3339(order.expires)})
        event = str(uuid.uuid4())
        self.publish("expiration", id, {
            "id": event, "type": "OrderExpired", "v": "1", "at": rfc3339(self.now), "subject": order.id, "version": "1",
            "trace": "", "body": body})  # fmt: skip
        self.sql("INSERT INTO orders.inbox (id, type) VALUES (%s, 'OrderExpired')", event)
        self.change_status(order, "OrderCancelled", "cancelled", "expired")

    # Payments

    def open_page(self, order: Order, number: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
        session, intent = f"cs_{uuid.uuid4().hex}", f"pi_{uuid.uuid4().hex}"
        self.sql("INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, session_url, "
                 "session_expires_at, intent_id, created_at, updated_at) "
                 "VALUES (%s, %s, 'open', %s, 'EUR', %s, 'https://page', now() + interval '1 hour', %s, now(), now())",
                 order.id, number, order.total, session, intent)  # fmt: skip
        self.call_stripe(order, number, "create_session")
        page = {"id": session, "order_id": order.id, "attempt": str(number), "status": "open",
                "payment_status": "unpaid", "payment_intent": intent, "amount_total": order.total, "currency": "eur",
                "expires_at": 0}  # fmt: skip
        money = {"id": intent, "order_id": order.id, "attempt": str(number), "status": "requires_payment_method",
                 "session": session, "currency": "eur", "amount": order.total, "authorized": 0, "captured": 0,
                 "refunded": 0, "canceled": False}  # fmt: skip
        self.record["sessions"].append(page)
        self.record["payment_intents"].append(money)
        command = str(uuid.uuid4())
        answer = {"id": session, "url": "https://page"}
        self.command("payments", command, order.user, "StartPayment", answer)
        self.request(order.user, "POST", "/api/payments", 201, body={"orderId": order.id}, answer=answer)
        return page, money

    def call_stripe(self, order: Order, number: int, operation: str, state: str = "done") -> None:
        self.sql("INSERT INTO payments.calls (order_id, attempt, operation, try, state, request, due_at, runs, "
                 "created_at, updated_at) VALUES (%s, %s, %s, 1, %s, '{}', now(), 1, now(), now())",
                 order.id, number, operation, state)  # fmt: skip
        key = f"{order.id}:{number}:{operation}:1"
        self.record["requests"][key] = {"operation": OPERATIONS[operation], "count": 1, "replays": 0}

    def publish_payment(self, order: Order, number: int, type: str, kind: str) -> None:
        order.payment_events += 1
        self.sql("UPDATE payments.orders SET told = %s WHERE id = %s", order.payment_events, order.id)
        self.event("payments", type, order.id, order.payment_events, {
            "kind": kind, "orderId": order.id, "attempt": number, "amount": order.total, "currency": "EUR"})

    def set_attempt_state(self, order: Order, number: int, state: str) -> None:
        self.sql("UPDATE payments.attempts SET state = %s WHERE (order_id, number) = (%s, %s)", state, order.id, number)

    def close(self, order: Order, page: dict[str, Any], money: dict[str, Any], number: int = 1) -> None:
        """Closes a page that was not paid."""
        self.call_stripe(order, number, "expire_session")
        page["status"] = "expired"
        money.update(status="canceled", canceled=True)
        self.set_attempt_state(order, number, "dead")
        self.publish_payment(order, number, "PaymentFailed", "failed")

    def pay(self, order: Order, page: dict[str, Any], money: dict[str, Any], number: int = 1) -> None:
        page["status"] = "complete"
        money.update(status="requires_capture", authorized=order.total)
        self.set_attempt_state(order, number, "authorized")
        self.publish_payment(order, number, "PaymentAuthorized", "authorized")
        order.attempt = number
        self.change_status(order, "OrderConfirmed", "confirmed")

    def capture(self, order: Order, page: dict[str, Any], money: dict[str, Any], number: int = 1) -> None:
        self.call_stripe(order, number, "capture")
        money.update(status="succeeded", authorized=0, captured=order.total)
        page["payment_status"] = "paid"
        self.set_attempt_state(order, number, "captured")
        self.publish_payment(order, number, "ChargeCreated", "charged")
        self.change_status(order, "OrderCompleted", "complete")

    def refuse_capture(self, order: Order, money: dict[str, Any]) -> None:
        self.call_stripe(order, 1, "capture", "refused")
        self.call_stripe(order, 1, "cancel_intent")
        money.update(status="canceled", canceled=True, authorized=0)
        self.set_attempt_state(order, 1, "dead")
        self.publish_payment(order, 1, "PaymentFailed", "failed")
        self.change_status(order, "OrderCancelled", "cancelled", "payment_failed")

    def refund(self, order: Order, money: dict[str, Any]) -> None:
        self.call_stripe(order, 1, "refund")
        money["refunded"] = order.total
        self.set_attempt_state(order, 1, "refunded")
        self.publish_payment(order, 1, "ChargeRefunded", "refunded")
        self.change_status(order, "OrderRefunded", "refunded")

    # Results

    def write_redis(self, client: redis.Redis) -> None:
        """Replaces the market's keys in Redis."""
        keys = list(client.scan_iter(match=f"{self.prefix}:*"))
        if keys:
            client.delete(*keys)
        pipeline = client.pipeline()
        for service, entries in self.streams.items():
            key = f"{self.prefix}:events:{{{service}}}"
            for id, fields in entries:
                pipeline.xadd(key, fields, id=id)
            for follower, sources in FOLLOWS.items():
                if service in sources and entries:
                    pipeline.xgroup_create(key, follower, id=entries[-1][0])
            pipeline.xgroup_create(f"{self.prefix}:commands:{{{service}}}", service, id="0", mkstream=True)
        for order, due in self.timers.items():
            pipeline.zadd(f"{self.prefix}:timers:{{orders}}:hold", {order: due})
        pipeline.execute()

    def record_catch_up(self, follower: str, service: str, count: int) -> None:
        """Records that a follower got the first rows of a service through its catch-up stream."""
        key = f"{self.prefix}:events:{{{service}}}"
        given = [line for line in self.history if line["stream"] == key][:count]
        self.history += [{**line, "stream": f"{key}:to:{follower}"} for line in given]

    def run(self, path: Path) -> RunDirectory:
        return RunDirectory(
            path=path, info={"processes": PROCESSES, "stripeSecretKey": "sk_test_secret"}, clients=self.clients,
            history=self.history, faults=list(self.faults),
            limits={"answerSeconds": 15, "expiryLateSeconds": 10, "openHolds": 5, "streamEntries": 1000},
            settings={"COMMAND_WAIT_SECONDS": "10"},
        )  # fmt: skip


class HealthyMarket(Market):
    """A market with at least one of everything that a law examines."""

    def __init__(self, database: psycopg.Connection, prefix: str) -> None:
        super().__init__(database, prefix)
        self.admin, self.seller, self.buyer, self.banned_user = (
            self.user(f"{name}@example.org") for name in ("admin", "seller", "buyer", "bad")
        )
        self.listing = self.create_listing(self.seller, 1000, 20)
        self.listing = self.change(self.listing, price=1200)
        self.withdrawn = self.change(self.create_listing(self.seller, 500, 3), withdrawn=True)
        self.split = self.create_listing(self.seller, 700, 6, split_set=PAIRS)
        self.pair = self.order(self.buyer, self.split, 2, hold=3600)
        self.cancel(self.pair)

        self.apply_prices()
        opera = self.create_performance("Opera", "NO")
        pricing = {"buyerFee": 135, "sellerFee": 60, "tax": 0, "feeVersion": 1, "policyVersion": 1, "faceValue": 1800}
        self.limited = self.create_listing(self.seller, 1700, 4, opera, pricing=pricing)
        self.priced = self.order(self.buyer, self.limited, 2, hold=3600)
        page = self.open_page(self.priced)
        self.pay(self.priced, *page)
        self.capture(self.priced, *page)

        self.performance = self.create_performance("Vespertine")
        self.listed = self.create_listing(self.seller, 700, 2, self.performance)
        self.ended = self.create_performance("Biophilia")
        self.closed = self.create_listing(self.seller, 800, 2, self.ended)
        without_event = self.order(self.buyer, self.closed, hold=3600)
        self.cancel_performance(self.ended)
        self.close_listing(self.closed)
        self.change_status(without_event, "OrderCancelled", "cancelled", "event_cancelled")

        # Seats 1 and 2 were held, released and then sold. Their buyer lists one of them again.
        self.seated = self.create_listing(
            self.seller, 900, 4, self.performance, PAIRS, seats=[(f"{number}", 1) for number in range(1, 5)]
        )
        self.cancel(self.order(self.buyer, self.seated, 2, hold=3600))
        self.seats = self.order(self.buyer, self.seated, 2, hold=3600)
        page = self.open_page(self.seats)
        self.pay(self.seats, *page)
        self.capture(self.seats, *page)
        self.resold = self.create_listing(self.buyer, 950, 1, self.performance, seats=[("2", 2)])

        self.expired = self.order(self.buyer, self.listing)
        self.banned = self.order(self.banned_user, self.listing, hold=3600)
        self.ban(self.admin, self.banned_user)
        self.change_status(self.banned, "OrderCancelled", "cancelled", "buyer_banned")

        self.cancelled = self.order(self.buyer, self.listing, 2, hold=3600)
        page = self.open_page(self.cancelled)
        self.cancel(self.cancelled)
        self.close(self.cancelled, *page)

        # Some units of this order belonged to the cancelled order before. This order's second attempt was paid.
        paused_at = self.now
        self.complete = self.order(self.buyer, self.listing, 3, hold=3600)
        self.close(self.complete, *self.open_page(self.complete))
        page = self.open_page(self.complete, 2)
        self.pay(self.complete, *page, 2)
        self.read(self.complete)
        self.capture(self.complete, *page, 2)
        self.read(self.complete)

        self.refunded = self.order(self.buyer, self.listing, hold=3600)
        page = self.open_page(self.refunded)
        self.pay(self.refunded, *page)
        self.capture(self.refunded, *page)
        self.refund(self.refunded, page[1])

        self.failed = self.order(self.buyer, self.listing, hold=3600)
        page = self.open_page(self.failed)
        self.pay(self.failed, *page)
        self.refuse_capture(self.failed, page[1])

        # This order was requested twice with one key; one response was 202.
        self.awaiting = self.order(self.buyer, self.listing, 2, hold=3600)
        first = self.clients[-1]
        self.request(self.buyer, "POST", "/api/orders", 202, key=first["key"], body=first["body"],
                     location=f"/api/commands/{self.awaiting.id}", wait=0)  # fmt: skip
        self.open_page(self.awaiting)
        # This order was created, but its response was lost with the API process.
        self.unanswered = self.order(self.buyer, self.listing, 4, hold=3600, status=None, key=None, answer=None,
                                     error="reset")  # fmt: skip
        self.unanswered_request = self.clients[-1]
        # The listings service, which follows orders, was paused, and no other service was affected.
        self.faults.append(Fault("pause_follower", "tickets", paused_at - 2000, self.now, {}))
        self.record_catch_up("tickets", "orders", 5)
        self.expire(self.expired)
