"""Each way to damage a healthy system, and the laws that must detect the damage. No other law may detect it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import redis

from ..rundir import Fault, RunDirectory
from .healthy import HealthyMarket, Order


@dataclass
class Fixture:
    """A healthy market that a test case damages."""

    market: HealthyMarket
    database: psycopg.Connection
    client: redis.Redis
    run: RunDirectory
    record: dict[str, Any]
    #: True if Redis must be filled again.
    has_changed_redis: bool = False

    @property
    def redis(self) -> redis.Redis:
        self.has_changed_redis = True
        return self.client

    def sql(self, statement: str, *values: Any) -> None:
        self.database.execute(statement, values or None)

    def key(self, kind: str, service: str) -> str:
        return f"{self.market.prefix}:{kind}:{{{service}}}"

    def find(self, **members: Any) -> dict[str, Any]:
        """The first request in the log with these members."""
        return next(line for line in self.run.clients if all(line[name] == value for name, value in members.items()))

    def order_request(self, order: str) -> dict[str, Any]:
        return next(line for line in self.run.clients
                    if line["path"] == "/api/orders" and (line["answer"] or {}).get("id") == order)  # fmt: skip

    def intent(self, order: str, **members: Any) -> dict[str, Any]:
        return next(intent for intent in self.record["payment_intents"] if intent["order_id"] == order
                    and all(intent[name] == value for name, value in members.items()))  # fmt: skip

    def page(self, order: str) -> dict[str, Any]:
        return next(page for page in self.record["sessions"] if page["order_id"] == order)

    def history_line(self, service: str, number: int = 0) -> dict[str, Any]:
        """One line of the stream's history."""
        key = self.key("events", service)
        return [line for line in self.run.history if line["stream"] == key][number]

    def fault(self, kind: str, start: float, end: float | None = None, target: str = "", **detail: Any) -> None:
        self.run.faults.append(Fault(kind, target, start, end or start, detail))


@dataclass(frozen=True)
class Damage:
    name: str
    #: The laws that must detect it.
    laws: frozenset[str]
    apply: Callable[[Fixture], None]


ALL: list[Damage] = []


def damage(*laws: str) -> Callable[[Callable[[Fixture], None]], Callable[[Fixture], None]]:
    def add(apply: Callable[[Fixture], None]) -> Callable[[Fixture], None]:
        ALL.append(Damage(apply.__name__, frozenset(laws), apply))
        return apply

    return add


def sql(name: str, laws: str, statement: str) -> None:
    """Adds a damage done by SQL statements. `{awaiting}` and other names stand for the ids of the market's objects."""

    def apply(fixture: Fixture) -> None:
        market = fixture.market
        ids = {name: thing.id for name, thing in vars(market).items() if isinstance(thing, Order)}
        ids |= {"listing": market.listing["id"], "withdrawn": market.withdrawn["id"], "new": str(uuid.uuid4())}
        ids |= {name: getattr(market, name)["id"] for name in ("split", "seated", "resold")}
        ids |= {name: getattr(market, name)["id"] for name in ("listed", "limited", "closed", "performance", "ended")}
        ids |= {name: getattr(market, name) for name in ("seller", "buyer", "banned_user")}
        for part in statement.split(";"):
            if part.strip():
                fixture.sql(part.format(**ids))

    ALL.append(Damage(name, frozenset(laws.split()), apply))


# Units

sql("a unit is sold twice", "units unit_history", """
    ALTER TABLE orders.allocations DROP CONSTRAINT allocations_pkey;
    INSERT INTO orders.allocations SELECT ticket_id, unit, '{awaiting}' FROM orders.allocations
    WHERE order_id = '{complete}' LIMIT 1""")
sql("a unit was sold twice for a moment", "unit_history", """
    ALTER TABLE orders.allocations DROP CONSTRAINT allocations_pkey;
    INSERT INTO orders.allocations SELECT ticket_id, unit, '{awaiting}' FROM orders.allocations
    WHERE order_id = '{refunded}';
    DELETE FROM orders.allocations WHERE order_id = '{awaiting}' AND unit IN (
        SELECT unit FROM orders.allocations WHERE order_id = '{refunded}')""")
sql("an order lost a unit", "units", """
    DELETE FROM orders.allocations WHERE ctid IN (
        SELECT ctid FROM orders.allocations WHERE order_id = '{awaiting}' LIMIT 1)""")
sql("a cancelled order kept a unit", "units",
    "INSERT INTO orders.allocations VALUES ('{listing}', 90, '{cancelled}')")
sql("a unit is allocated to no order", "units", "INSERT INTO orders.allocations VALUES ('{listing}', 90, '{new}')")
sql("a listing's held count is wrong", "units", "UPDATE orders.tickets SET held = held + 1 WHERE id = '{listing}'")
sql("a unit is free and held", "units", """
    INSERT INTO orders.free_units SELECT ticket_id, unit FROM orders.allocations WHERE order_id = '{complete}' LIMIT 1
    """)
sql("a unit is neither allocated nor free", "units",
    "UPDATE orders.tickets SET next_unit = next_unit + 1 WHERE id = '{listing}'")
sql("units of a listing without orders are missing", "units",
    "UPDATE orders.tickets SET next_unit = 4 WHERE id = '{withdrawn}'")
sql("the ledger has another holder", "unit_history", """
    UPDATE checker.units SET order_id = '{new}' WHERE seq = (
        SELECT max(seq) FROM checker.units WHERE order_id = '{awaiting}')""")

# An order's states

sql("a cancelled order was reopened", "order_transitions", """
    INSERT INTO checker.states (order_id, old_status, new_status, old_version, new_version)
    VALUES ('{cancelled}', 'cancelled', 'awaiting_payment', 2, 3),
        ('{cancelled}', 'awaiting_payment', 'cancelled', 3, 4)
    """)
sql("a buyer had too many holds", "hold_limits order_transitions", """
    INSERT INTO checker.states (tx, order_id, old_status, new_status, old_version, new_version)
    SELECT -n, '{cancelled}'::uuid, NULL, 'awaiting_payment', NULL, 1 FROM generate_series(1, 6) AS n
    UNION ALL SELECT -n, '{cancelled}'::uuid, 'awaiting_payment', 'cancelled', 1, 2 FROM generate_series(7, 12) AS n
    """)
sql("an order skipped a state", "order_transitions", """
    DELETE FROM checker.states WHERE order_id = '{complete}' AND new_status = 'confirmed'""")
sql("more units were held than offered", "capacity event_versions publication stream_history durability", """
    UPDATE tickets.outbox SET body = jsonb_set(body::jsonb, '{{quantity}}', '2')::text WHERE subject = '{listing}'""")
sql("an event of an order is missing", "order_events publication stream_history", """
    DELETE FROM orders.outbox WHERE subject = '{complete}' AND type = 'OrderConfirmed'""")
sql("an event has the type of another state", "order_events publication stream_history",
    "UPDATE orders.outbox SET type = 'OrderCompleted' WHERE subject = '{awaiting}'")
sql("a cancelled order was completed", "order_events publication stream_history", """
    UPDATE orders.outbox SET type = 'OrderCancelled', body = jsonb_set(body::jsonb, '{{status}}', '"cancelled"')::text
    WHERE subject = '{complete}' AND version = 2""")
sql("an order's price has changed", "order_events publication stream_history", """
    UPDATE orders.outbox SET body = jsonb_set(body::jsonb, '{{price}}', '1')::text
    WHERE subject = '{complete}' AND version = 2""")
sql("an order differs from its last event", "order_events order_transitions",
    "UPDATE orders.orders SET updated_at = updated_at + interval '1 second' WHERE id = '{complete}'")
sql("an order's last event is missing", "order_events publication stream_history inbox", """
    UPDATE orders.outbox SET event_id = gen_random_uuid(), version = 9 WHERE subject = '{awaiting}'""")
sql("an event belongs to no order", "order_events publication stream_history", """
    INSERT INTO orders.outbox SELECT nextval('orders.outbox_ids'), event_id, type, v, at, '{new}', version, trace, body
    FROM orders.outbox WHERE subject = '{awaiting}'""")
sql("a user's version is missing", "event_versions publication stream_history command_per_change",
    "UPDATE users.outbox SET version = 3 WHERE subject = '{banned_user}' AND version = 2")
sql("a listing changed without an event", "event_versions copies",
    "UPDATE tickets.tickets SET version = version + 1 WHERE id = '{listing}'")
sql("a user differs from the last event", "event_versions copies",
    "UPDATE users.users SET role = 'admin' WHERE id = '{seller}'")
sql("a listing differs from its last event", "event_versions copies",
    "UPDATE tickets.tickets SET title = 'Another' WHERE id = '{withdrawn}'")
sql("payments counted an event that does not exist", "event_versions",
    "UPDATE payments.orders SET told = told + 1 WHERE id = '{complete}'")

# Causes

sql("an order expired early", "causes order_transitions order_events",
    "UPDATE orders.orders SET updated_at = expires_at - interval '1 second' WHERE id = '{expired}'")
sql("an order was cancelled by a ban that did not happen", "causes order_events order_transitions",
    "UPDATE orders.orders SET reason = 'buyer_banned' WHERE id = '{cancelled}'")
sql("an order was cancelled with an event that was not", "causes order_events order_transitions",
    "UPDATE orders.orders SET reason = 'event_cancelled' WHERE id = '{cancelled}'")
for type, name in (
    ("PaymentAuthorized", "claimed by an unauthorised attempt"),
    ("ChargeCreated", "completed without a charge"),
):
    sql(f"an order was {name}", "causes publication stream_history", f"""
        UPDATE payments.outbox SET body = jsonb_set(body::jsonb, '{{{{amount}}}}', '1')::text
        WHERE subject = '{{complete}}' AND type = '{type}'""")
sql("an order is refunded but its charge was not", "causes publication stream_history", """
    UPDATE payments.outbox SET body = jsonb_set(body::jsonb, '{{attempt}}', '7')::text
    WHERE subject = '{refunded}' AND type = 'ChargeRefunded'""")
sql("an order was cancelled by a payment that did not fail", "causes publication stream_history", """
    UPDATE payments.outbox SET body = jsonb_set(body::jsonb, '{{attempt}}', '7')::text
    WHERE subject = '{failed}' AND type = 'PaymentFailed'""")
sql("an order has a price that its listing never had",
    "causes publication stream_history durability event_versions", """
    UPDATE tickets.outbox SET body = jsonb_set(body::jsonb, '{{price}}', '1')::text WHERE subject = '{listing}'""")

# Copies, counts, inboxes

for table, key in (
    ("tickets.users", "id"), ("orders.users", "id"), ("tickets.orders", "order_id"), ("catalogue.users", "id"),
    ("tickets.performances", "id"),
):
    sql(f"a row of {table} is behind", "copies", f"""
        UPDATE {table} SET version = version - 1 WHERE {key} IN (SELECT {key} FROM {table} LIMIT 1)""")
    sql(f"a row of {table} is missing", "copies", f"""
        DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} LIMIT 1)""")
sql("orders has another price of a listing", "copies", "UPDATE orders.tickets SET price = 1 WHERE id = '{listing}'")
sql("orders has a copy without a source", "copies", """
    INSERT INTO orders.tickets (id, seller_id, title, price, currency, offered, withdrawn, version)
    VALUES ('{new}', '{seller}', 'T', 1, 'EUR', 1, false, 1)""")
sql("payments has another total of an order", "copies", "UPDATE payments.orders SET total = 1 WHERE id = '{awaiting}'")
sql("a listing counts one unit too many as sold", "listing_counts",
    "UPDATE tickets.tickets SET sold = sold + 1 WHERE id = '{listing}'")
sql("a listing counts one unit too many as held", "listing_counts",
    "UPDATE tickets.tickets SET held = held + 1 WHERE id = '{withdrawn}'")
sql("an order exists without its command", "inbox accepted_commands",
    "DELETE FROM orders.inbox WHERE id = '{awaiting}'")
sql("a command is done but created nothing", "inbox", """
    INSERT INTO tickets.inbox (id, actor, type, outcome, reply)
    VALUES ('{new}', '{seller}', 'CreateTicket', 'done', '{{}}')""")
sql("a refused command created an order", "inbox",
    "UPDATE orders.inbox SET outcome = 'refused' WHERE id = '{awaiting}'")
sql("an order differs from the reply to its command", "inbox", """
    UPDATE orders.inbox SET reply = jsonb_set(reply::jsonb, '{{total}}', '1')::json WHERE id = '{awaiting}'""")
sql("a command has no outcome", "inbox", """
    INSERT INTO payments.inbox (id, actor, type) VALUES ('{new}', '{buyer}', 'StartPayment')""")
sql("an inbox lacks an event", "inbox", """
    DELETE FROM orders.inbox WHERE type = 'PaymentAuthorized' AND id IN (
        SELECT event_id FROM payments.outbox WHERE subject = '{complete}')""")

for type, id in (("ChangeTicket", "listing"), ("BanUser", "banned_user"), ("CancelOrder", "cancelled")):
    sql(f"a change has no {type} command", "command_per_change", f"""
        DELETE FROM users.inbox WHERE type = '{type}' AND reply ->> 'id' = '{{{id}}}';
        DELETE FROM tickets.inbox WHERE type = '{type}' AND reply ->> 'id' = '{{{id}}}';
        DELETE FROM orders.inbox WHERE type = '{type}' AND reply ->> 'id' = '{{{id}}}'""")

# The outbox and the streams

sql("an event is not published", "publication stream_history inbox event_versions command_per_change", """
    INSERT INTO users.outbox SELECT nextval('users.outbox_ids'), gen_random_uuid(), type, v, at, subject, 3, '', body
    FROM users.outbox WHERE subject = '{banned_user}' AND version = 2""")
sql("a low-water mark is beyond the last event", "publication", "INSERT INTO users.marks VALUES ('low_water', 10000)")


@damage("publication", "queues")
def an_entry_was_added_by_hand(fixture: Fixture) -> None:
    fixture.redis.xadd(fixture.key("events", "users"), {"id": "x", "type": "UserUpdated"}, id="100000-0")


@damage("publication")
def an_entry_differs_from_its_row(fixture: Fixture) -> None:
    _rewrite(fixture, lambda fields: {**fields, "body": "{}"})


@damage("publication")
def an_entry_is_missing(fixture: Fixture) -> None:
    _rewrite(fixture, lambda fields: None)


def _rewrite(fixture: Fixture, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Changes the second entry of the stream of payments."""
    key = fixture.key("events", "payments")
    entries = fixture.redis.xrange(key)
    fixture.redis.delete(key)
    for index, (id, fields) in enumerate(entries):
        changed = change(fields) if index == 1 else fields
        if changed:
            fixture.redis.xadd(key, changed, id=id)
    fixture.redis.xgroup_create(key, "orders", id=entries[-1][0])


@damage("stream_history")
def a_published_event_is_not_in_the_outbox(fixture: Fixture) -> None:
    line = fixture.history_line("orders", -1)
    fields = {**line["fields"], "id": str(uuid.uuid4())}
    fixture.run.history.append({**line, "id": "90000-0", "fields": fields})


@damage("stream_history")
def a_published_event_differs_from_its_row(fixture: Fixture) -> None:
    line = fixture.history_line("orders")
    fixture.run.history.append({**line, "incarnation": 1, "fields": {**line["fields"], "body": "{}"}})


@damage("stream_history")
def an_event_was_published_under_two_ids(fixture: Fixture) -> None:
    fixture.history_line("users", 1)["fields"] = dict(fixture.history_line("users", 0)["fields"])


@damage("stream_history")
def an_event_was_published_twice(fixture: Fixture) -> None:
    fixture.run.history.append(dict(fixture.history_line("orders")))


@damage("stream_history")
def an_event_was_not_published(fixture: Fixture) -> None:
    fixture.run.history.remove(fixture.history_line("orders", 3))


@damage("stream_history")
def the_last_event_was_not_published(fixture: Fixture) -> None:
    fixture.run.history.remove(fixture.history_line("tickets", -1))


# Redis's queues


@damage("queues")
def a_command_waits(fixture: Fixture) -> None:
    fixture.redis.xadd(fixture.key("commands", "orders"), {"id": str(uuid.uuid4()), "type": "CreateOrder"})


@damage("queues")
def a_message_is_dead_lettered(fixture: Fixture) -> None:
    fixture.redis.xadd(fixture.key("dead", "payments"), {"id": str(uuid.uuid4()), "error": "no"})


@damage("queues")
def a_message_is_deferred(fixture: Fixture) -> None:
    member = json.dumps(["id", str(uuid.uuid4()), "type", "CreateOrder"])
    fixture.redis.zadd(fixture.key("later", "orders"), {member: 1})


@damage("queues")
def a_deferral_mark_has_no_event(fixture: Fixture) -> None:
    fixture.redis.zadd(fixture.key("later", "orders") + ":from:users", {"1-0": 1})


@damage("queues")
def a_group_is_missing(fixture: Fixture) -> None:
    fixture.redis.xgroup_destroy(fixture.key("events", "orders"), "expiration")


@damage("queues")
def an_entry_is_pending(fixture: Fixture) -> None:
    key = fixture.key("events", "orders")
    fixture.redis.xgroup_setid(key, "tickets", "0")
    fixture.redis.xreadgroup("tickets", "worker", {key: ">"})


@damage("queues")
def a_group_is_behind(fixture: Fixture) -> None:
    fixture.redis.xgroup_setid(fixture.key("events", "orders"), "payments", "1-0")


@damage("redis_bounds")
def replies_do_not_expire(fixture: Fixture) -> None:
    fixture.redis.xadd(f"{fixture.market.prefix}:replies:{{api}}", {"id": "x"})


@damage("redis_bounds")
def a_key_is_not_documented(fixture: Fixture) -> None:
    fixture.redis.set(f"{fixture.market.prefix}:other", "x")


@damage("timers")
def a_timer_is_missing(fixture: Fixture) -> None:
    fixture.redis.zrem(fixture.key("timers", "orders") + ":hold", fixture.market.awaiting.id)


@damage("timers")
def a_timer_is_wrong(fixture: Fixture) -> None:
    fixture.redis.zincrby(fixture.key("timers", "orders") + ":hold", 1000, fixture.market.awaiting.id)


sql("an order awaits payment past the end of its hold", "holds order_events order_transitions inbox copies", """
    UPDATE orders.orders SET expires_at = now() - interval '1 minute' WHERE id = '{awaiting}'""")


@damage("expiry_events")
def an_expiry_event_is_for_an_unknown_order(fixture: Fixture) -> None:
    _change_expiry_event(fixture, orderId=str(uuid.uuid4()))


@damage("expiry_events")
def an_expiry_event_has_another_time(fixture: Fixture) -> None:
    _change_expiry_event(fixture, expiresAt="2020-01-01T00:00:00.000Z")


@damage("expiry_events")
def an_expiry_event_came_early(fixture: Fixture) -> None:
    fixture.history_line("expiration")["fields"]["at"] = "2020-01-01T00:00:00.000Z"


def _change_expiry_event(fixture: Fixture, **changes: str) -> None:
    fields = fixture.history_line("expiration")["fields"]
    fields["body"] = json.dumps(json.loads(fields["body"]) | changes)


@damage("expiry_lateness")
def an_order_expired_late(fixture: Fixture) -> None:
    _record_cancellation(fixture, 11_000)


@damage("expiry_lateness")
def an_order_expired_early(fixture: Fixture) -> None:
    _record_cancellation(fixture, -5_000)


def _record_cancellation(fixture: Fixture, late_ms: int) -> None:
    order = fixture.market.expired
    for line in fixture.run.history:
        if line["fields"]["subject"] == order.id and line["fields"]["type"] == "OrderCancelled":
            line["t"] = order.expires + late_ms


# Users

sql("a token has two successors", "sessions", """
    UPDATE users.refresh_tokens SET rotated_at = NULL WHERE session_id IN (
        SELECT id FROM users.sessions WHERE user_id = '{buyer}')""")
sql("a banned user is signed in", "sessions",
    "UPDATE users.sessions SET ended_at = NULL WHERE user_id = '{banned_user}'")
sql("a banned user holds an order", "bans inbox durability requested_once order_events order_transitions copies",
    "UPDATE orders.orders SET user_id = '{banned_user}' WHERE id = '{awaiting}'")
sql("a banned user sells", "bans event_versions copies durability requested_once",
    "UPDATE tickets.tickets SET seller_id = '{banned_user}' WHERE id = '{listing}'")

# Money


@damage("money")
def a_complete_order_was_never_captured(fixture: Fixture) -> None:
    fixture.intent(fixture.market.complete.id, attempt="2")["captured"] = 0


@damage("money", "stripe_keys")
def a_complete_order_was_captured_twice(fixture: Fixture) -> None:
    fixture.intent(fixture.market.complete.id, attempt="1").update(status="succeeded", captured=3600)


@damage("money", "stripe_keys")
def a_cancelled_order_was_captured(fixture: Fixture) -> None:
    fixture.intent(fixture.market.cancelled.id).update(status="succeeded", captured=2400)


@damage("money")
def another_amount_was_captured(fixture: Fixture) -> None:
    fixture.intent(fixture.market.complete.id, attempt="2")["captured"] = 3599


@damage("money")
def another_currency_was_captured(fixture: Fixture) -> None:
    fixture.intent(fixture.market.complete.id, attempt="2")["currency"] = "usd"


@damage("money", "stripe_keys")
def another_attempt_was_captured(fixture: Fixture) -> None:
    fixture.intent(fixture.market.complete.id, attempt="2")["attempt"] = "3"


@damage("money")
def a_refunded_order_was_refunded_in_part(fixture: Fixture) -> None:
    fixture.intent(fixture.market.refunded.id)["refunded"] = 600


@damage("money", "authorisations", "stripe_keys")
def money_was_captured_for_an_unknown_order(fixture: Fixture) -> None:
    intent = {**fixture.intent(fixture.market.complete.id, attempt="2"), "id": "pi_x", "order_id": str(uuid.uuid4())}
    fixture.record["payment_intents"].append(intent | {"authorized": 10})


@damage("authorisations")
def money_is_reserved_for_a_cancelled_order(fixture: Fixture) -> None:
    fixture.intent(fixture.market.cancelled.id).update(status="requires_capture", authorized=2400)


@damage("authorisations")
def a_cancelled_order_can_be_paid(fixture: Fixture) -> None:
    fixture.intent(fixture.market.failed.id)["status"] = "requires_payment_method"


@damage("authorisations")
def a_page_of_a_cancelled_order_is_open(fixture: Fixture) -> None:
    fixture.page(fixture.market.cancelled.id)["status"] = "open"


@damage("stripe_keys")
def stripe_received_an_unknown_key(fixture: Fixture) -> None:
    fixture.record["requests"][f"{fixture.market.awaiting.id}:1:capture:1"] = {"operation": "payment_intents.capture",
                                                                          "count": 1, "replays": 0}  # fmt: skip


@damage("stripe_keys")
def a_key_was_used_for_another_operation(fixture: Fixture) -> None:
    fixture.record["requests"][f"{fixture.market.awaiting.id}:1:create_session:1"]["operation"] = "refunds.create"


sql("a withdrawn call was made", "stripe_keys",
    "UPDATE payments.calls SET state = 'withdrawn' WHERE order_id = '{cancelled}' AND operation = 'expire_session'")


@damage("stripe_keys")
def a_page_was_created_without_a_key(fixture: Fixture) -> None:
    fixture.record["sessions"].append({**fixture.page(fixture.market.cancelled.id), "id": "cs_x"})


@damage("stripe_keys")
def a_capture_was_made_without_a_key(fixture: Fixture) -> None:
    del fixture.record["requests"][f"{fixture.market.complete.id}:2:capture:1"]


sql("a call has no outcome", "payments", """
    INSERT INTO payments.calls (order_id, attempt, operation, try, state, request, due_at, created_at, updated_at)
    VALUES ('{awaiting}', 1, 'expire_session', 1, 'pending', '{{}}', now(), now(), now())""")
sql("a buyer is waiting for a page", "payments",
    "INSERT INTO payments.waiting VALUES ('{new}', '{awaiting}', 'api/1', now())")
sql("an attempt of a cancelled order is open", "payments",
    "UPDATE payments.attempts SET state = 'closing' WHERE order_id = '{cancelled}'")
sql("an order stays confirmed", "payments copies order_events listing_counts order_transitions money", """
    UPDATE orders.orders SET status = 'confirmed' WHERE id = '{complete}'""")
sql("an attempt has another amount than its order", "payments",
    "UPDATE payments.attempts SET amount = amount + 1 WHERE order_id = '{awaiting}'")
sql("the claimed attempt is missing", "payments stripe_keys durability", """
    DELETE FROM payments.calls WHERE order_id = '{complete}' AND attempt = 2;
    DELETE FROM payments.attempts WHERE order_id = '{complete}' AND number = 2""")

# The clients' log


@damage("durability", "requested_once", "idempotency_keys")
def an_answered_order_is_missing(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.awaiting.id)
    line["answer"] = {**line["answer"], "id": str(uuid.uuid4())}


@damage("durability")
def an_order_differs_from_its_response(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    line["answer"] = {**line["answer"], "total": 1}


@damage("durability", "requested_once")
def an_answered_listing_is_missing(fixture: Fixture) -> None:
    line = fixture.find(path="/api/tickets", method="POST")
    line["answer"] = {**line["answer"], "id": str(uuid.uuid4())}


@damage("durability")
def an_answered_version_of_a_listing_was_never_published(fixture: Fixture) -> None:
    line = fixture.find(method="PUT")
    line["answer"] = {**line["answer"], "version": 9}


@damage("durability")
def a_listing_differs_from_its_response(fixture: Fixture) -> None:
    line = fixture.find(method="PUT")
    line["answer"] = {**line["answer"], "price": 1}


@damage("durability", "requested_once")
def an_answered_account_is_missing(fixture: Fixture) -> None:
    line = fixture.find(path="/api/users/signup")
    line["answer"] = {**line["answer"], "id": str(uuid.uuid4())}


@damage("durability", "requested_once")
def an_account_has_another_address(fixture: Fixture) -> None:
    fixture.sql("UPDATE users.users SET email = 'other@example.org' WHERE id = %s", fixture.market.seller)


@damage("durability", "requested_once")
def an_unknown_order_was_answered_as_cancelled(fixture: Fixture) -> None:
    line = fixture.find(method="DELETE", path=f"/api/orders/{fixture.market.cancelled.id}")
    line["path"] = f"/api/orders/{uuid.uuid4()}"


@damage("durability")
def an_answered_cancellation_had_no_effect(fixture: Fixture) -> None:
    line = fixture.find(method="DELETE", path=f"/api/orders/{fixture.market.cancelled.id}")
    fixture.run.clients.append({**line, "path": f"/api/orders/{fixture.market.complete.id}"})


@damage("durability")
def an_answered_withdrawal_had_no_effect(fixture: Fixture) -> None:
    fixture.find(method="DELETE", path=f"/api/tickets/{fixture.market.withdrawn['id']}")["path"] = (
        f"/api/tickets/{fixture.market.listing['id']}")  # fmt: skip


@damage("durability")
def an_answered_page_belongs_to_no_order(fixture: Fixture) -> None:
    fixture.find(path="/api/payments")["answer"] = {"id": "cs_other", "url": "x"}


@damage("durability")
def an_answered_ban_had_no_effect(fixture: Fixture) -> None:
    fixture.find(op="ban")["path"] = f"/api/admin/users/{fixture.market.seller}/ban"


@damage("requested_once", "idempotency_keys")
def one_operation_has_two_orders(fixture: Fixture) -> None:
    fixture.find(status=202)["location"] = f"/api/commands/{fixture.market.unanswered.id}"


@damage("requested_once")
def two_operations_have_one_order(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    line["key"] = None
    fixture.run.clients.append({**line})


@damage("requested_once", "durability")
def an_order_differs_from_its_request(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    line["body"] = {**line["body"], "quantity": 2}


@damage("requested_once")
def an_order_has_no_request(fixture: Fixture) -> None:
    fixture.run.clients.remove(fixture.find(error="reset"))


@damage("requested_once")
def a_cancellation_has_no_request(fixture: Fixture) -> None:
    fixture.run.clients.remove(fixture.find(method="DELETE", path=f"/api/orders/{fixture.market.cancelled.id}"))


@damage("idempotency_keys")
def one_key_did_two_things(fixture: Fixture) -> None:
    line = fixture.find(method="PUT")
    line["key"] = "k"
    fixture.run.clients.append({**line, "body": {"price": 1300}, "status": 204, "answer": None, "path": line["path"]})


@damage("idempotency_keys")
def one_key_has_two_responses(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    fixture.run.clients.append({**line, "answer": {**line["answer"], "updatedAt": "later"}})


@damage("idempotency_keys")
def a_done_request_was_refused(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    fixture.run.clients.append({**line, "status": 409, "answer": {"title": "Sold out"}})


@damage("idempotency_keys")
def an_equal_request_was_refused_as_different(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    fixture.run.clients.append({**line, "status": 422, "answer": {"title": "Another request"}})


@damage("accepted_commands")
def an_accepted_command_is_lost(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    fixture.run.clients.append({**line, "key": None, "status": 202, "location": f"/api/commands/{uuid.uuid4()}"})


@damage("responses")
def a_response_came_late(fixture: Fixture) -> None:
    line = fixture.find(path="/api/payments")
    line["t1"] = line["t0"] + 15_001


@damage("responses")
def a_read_was_answered_late(fixture: Fixture) -> None:
    line = fixture.find(method="GET")
    fixture.run.clients.append({**line, "t0": line["t0"] - 6000, "t1": line["t0"]})


@damage("responses")
def a_request_was_never_answered(fixture: Fixture) -> None:
    fixture.run.clients.append({**fixture.find(error="reset"), "body": None, "path": "/api/users/currentuser",
                              "t0": 0, "t1": 10})  # fmt: skip


@damage("responses")
def a_process_stopped_without_a_response(fixture: Fixture) -> None:
    line = {**fixture.find(error="reset"), "body": None, "path": "/api/users/currentuser", "t0": 1000, "t1": 2000}
    fixture.run.clients.append(line)
    fixture.fault("term", 1600, None, "api-1")
    fixture.fault("start", 2500, 2600, "api-1")


@damage()
def a_request_arrived_after_sigterm(fixture: Fixture) -> None:
    a_process_stopped_without_a_response(fixture)
    fixture.run.clients[-1]["t0"] = 1200


@damage("responses")
def a_request_was_answered_500(fixture: Fixture) -> None:
    fixture.find(path="/api/payments")["status"] = 500


@damage("secrets")
def a_token_is_in_a_log(fixture: Fixture) -> None:
    token = ".".join(["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N"])
    (fixture.run.path / "logs" / "api-1.log").write_text(f"fine\nthe token {token}\n", encoding="utf-8")


@damage("monotonic_reads")
def a_read_returned_an_older_version(fixture: Fixture) -> None:
    line = [line for line in fixture.run.clients if line["path"].endswith(fixture.market.complete.id)][-1]
    fixture.run.clients.append({**line, "t0": line["t1"] + 1, "t1": line["t1"] + 2,
                                "answer": {**line["answer"], "version": 1}})  # fmt: skip


# Explained exceptions


@damage()
def an_accepted_command_was_lost_by_redis(fixture: Fixture) -> None:
    an_accepted_command_is_lost(fixture)
    fixture.fault("redis_flush", fixture.run.clients[-1]["t1"] + 10)


@damage()
def a_late_response_of_a_suspended_process(fixture: Fixture) -> None:
    a_response_came_late(fixture)
    line = fixture.find(path="/api/payments")
    fixture.fault("stop", line["t0"], line["t0"] + 8000, "api-1,users-1")


@damage("responses")
def a_late_response_while_another_process_was_suspended(fixture: Fixture) -> None:
    a_response_came_late(fixture)
    line = fixture.find(path="/api/payments")
    fixture.fault("stop", line["t0"], line["t0"] + 8000, "api-2")


@damage()
def a_late_expiry_while_redis_was_down(fixture: Fixture) -> None:
    an_order_expired_late(fixture)
    due = fixture.market.expired.expires
    fixture.fault("redis_kill", due - 1000, due + 9000)


@damage()
def an_early_expiry_after_a_clock_jump(fixture: Fixture) -> None:
    an_order_expired_early(fixture)
    due = fixture.market.expired.expires
    fixture.fault("clock_jump", due - 20_000, due)


@damage()
def a_message_of_the_harness_is_deferred(fixture: Fixture) -> None:
    a_message_is_deferred(fixture)
    id = json.loads(fixture.redis.zrange(fixture.key("later", "orders"), 0, 0)[0])[1]
    fixture.fault("rolling", 0, 1, ids=[id])


@damage()
def a_row_was_trimmed_before_it_was_recorded(fixture: Fixture) -> None:
    before, line, after = (fixture.history_line("orders", number) for number in (2, 3, 4))
    fixture.run.history[fixture.run.history.index(line)] = {
        "t": 0, "stream": line["stream"], "incarnation": 0, "gap": 1, "after": before["id"], "before": after["id"],
        "fields": line["fields"]}  # fmt: skip


@damage()
def a_stream_was_lost_and_refilled(fixture: Fixture) -> None:
    key = fixture.key("events", "orders")
    again = [{**line, "incarnation": 1} for line in fixture.run.history if line["stream"] == key]
    fixture.run.history.append({"t": 0, "stream": key, "incarnation": 0, "loss": True, "last": "9-0",
                                "fields": {"type": "", "subject": ""}})  # fmt: skip
    fixture.run.history += again[-3:]


@damage("stream_history")
def a_row_is_missing_after_a_loss(fixture: Fixture) -> None:
    a_stream_was_lost_and_refilled(fixture)
    again = fixture.run.history[-3:]
    # Only the first and third of the last three rows are published.
    fixture.run.history[-3:] = [again[0], again[2]]
    fixture.run.history.remove(next(line for line in fixture.run.history if line.get("id") == again[1]["id"]
                                    and line["stream"] == again[1]["stream"]))  # fmt: skip


@damage()
def a_row_was_in_an_earlier_incarnation(fixture: Fixture) -> None:
    a_stream_was_lost_and_refilled(fixture)
    del fixture.run.history[-2]


@damage()
def a_timer_was_lost_by_redis(fixture: Fixture) -> None:
    a_timer_is_missing(fixture)
    fixture.fault("redis_flush", fixture.market.awaiting.created + 1000)


@damage()
def an_open_page_was_never_answered(fixture: Fixture) -> None:
    key = f"{fixture.market.cancelled.id}:1:create_session:2"
    fixture.sql("INSERT INTO payments.calls SELECT order_id, attempt, operation, 2, 'doubted', request, due_at, "
                "token, 1, 1, 'gone', created_at, updated_at FROM payments.calls WHERE order_id = %s "
                "AND operation = 'create_session'", fixture.market.cancelled.id)  # fmt: skip
    fixture.record["requests"][key] = {"operation": "checkout.sessions.create", "count": 2, "replays": 1}
    fixture.record["sessions"].append({**fixture.page(fixture.market.cancelled.id), "id": "cs_x", "status": "open"})
