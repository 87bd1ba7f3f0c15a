"""Each way in which a system can be damaged, and which laws notice: exactly those, and no other."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import redis

from ..rundir import Fault, RunDirectory
from .healthy import Healthy


@dataclass
class Scene:
    """A healthy market, to be damaged."""

    market: Healthy
    database: psycopg.Connection
    client: redis.Redis
    run: RunDirectory
    record: dict[str, Any]
    #: Whether Redis must be filled again.
    touched_redis: bool = False

    @property
    def redis(self) -> redis.Redis:
        self.touched_redis = True
        return self.client

    def sql(self, statement: str, *values: Any) -> None:
        self.database.execute(statement, values or None)

    def key(self, kind: str, service: str) -> str:
        return f"{self.market.prefix}:{kind}:{{{service}}}"

    def find(self, **members: Any) -> dict[str, Any]:
        """The first request of the log with these members."""
        return next(line for line in self.run.clients if all(line[name] == value for name, value in members.items()))

    def answer(self, order: str) -> dict[str, Any]:
        return next(line for line in self.run.clients
                    if line["path"] == "/api/orders" and (line["answer"] or {}).get("id") == order)  # fmt: skip

    def intent(self, order: str, **members: Any) -> dict[str, Any]:
        return next(intent for intent in self.record["payment_intents"] if intent["order_id"] == order
                    and all(intent[name] == value for name, value in members.items()))  # fmt: skip

    def page(self, order: str) -> dict[str, Any]:
        return next(page for page in self.record["sessions"] if page["order_id"] == order)

    def told(self, service: str, number: int = 0) -> dict[str, Any]:
        """A line of the history."""
        key = self.key("events", service)
        return [line for line in self.run.history if line["stream"] == key][number]

    def fault(self, kind: str, start: float, end: float | None = None, target: str = "", **detail: Any) -> None:
        self.run.faults.append(Fault(kind, target, start, end or start, detail))


@dataclass(frozen=True)
class Damage:
    name: str
    laws: frozenset[str]
    do: Callable[[Scene], None]


ALL: list[Damage] = []


def damage(*laws: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    def add(do: Callable[[Scene], None]) -> Callable[[Scene], None]:
        ALL.append(Damage(do.__name__, frozenset(laws), do))
        return do

    return add


def sql(name: str, laws: str, statement: str, *of: str) -> None:
    """One that a statement does; `{waiting}` and the like stand for the ids of the market's things."""

    def do(scene: Scene) -> None:
        market = scene.market
        things = {name: thing.id for name, thing in vars(market).items() if hasattr(thing, "status")}
        things |= {"seat": market.seat["id"], "gone": market.gone["id"], "new": str(uuid.uuid4())}
        things |= {name: getattr(market, name) for name in ("seller", "buyer", "bad")}
        for part in statement.split(";"):
            if part.strip():
                scene.sql(part.format(**things))

    ALL.append(Damage(name, frozenset(laws.split()), do))


# Units

sql("a unit is sold twice", "units units_ever", """
    ALTER TABLE orders.allocations DROP CONSTRAINT allocations_pkey;
    INSERT INTO orders.allocations SELECT ticket_id, unit, '{waiting}' FROM orders.allocations
    WHERE order_id = '{complete}' LIMIT 1""")
sql("a unit was sold twice for a moment", "units_ever", """
    ALTER TABLE orders.allocations DROP CONSTRAINT allocations_pkey;
    INSERT INTO orders.allocations SELECT ticket_id, unit, '{waiting}' FROM orders.allocations
    WHERE order_id = '{refunded}';
    DELETE FROM orders.allocations WHERE order_id = '{waiting}' AND unit IN (
        SELECT unit FROM orders.allocations WHERE order_id = '{refunded}')""")
sql("an order lost a unit", "units", """
    DELETE FROM orders.allocations WHERE ctid IN (
        SELECT ctid FROM orders.allocations WHERE order_id = '{waiting}' LIMIT 1)""")
sql("a cancelled order kept a unit", "units",
    "INSERT INTO orders.allocations VALUES ('{seat}', 90, '{cancelled}')")
sql("a unit is held by no order", "units", "INSERT INTO orders.allocations VALUES ('{seat}', 90, '{new}')")
sql("a count of held units is wrong", "units", "UPDATE orders.tickets SET held = held + 1 WHERE id = '{seat}'")
sql("a unit is free and held", "units", """
    INSERT INTO orders.free_units SELECT ticket_id, unit FROM orders.allocations WHERE order_id = '{complete}' LIMIT 1
    """)
sql("a unit is nowhere", "units", "UPDATE orders.tickets SET next_unit = next_unit + 1 WHERE id = '{seat}'")
sql("units of an untouched ticket are nowhere", "units", "UPDATE orders.tickets SET next_unit = 4 WHERE id = '{gone}'")
sql("the ledger tells of another holder", "units_ever", """
    UPDATE checker.units SET order_id = '{new}' WHERE seq = (
        SELECT max(seq) FROM checker.units WHERE order_id = '{waiting}')""")

# An order's states

sql("a dead order came back", "states_ever", """
    INSERT INTO checker.states (order_id, old_status, new_status, old_version, new_version)
    VALUES ('{cancelled}', 'cancelled', 'awaiting_payment', 2, 3), ('{cancelled}', 'awaiting_payment', 'cancelled', 3, 4)
    """)
sql("a change of an order leaves out a state", "states_ever", """
    DELETE FROM checker.states WHERE order_id = '{complete}' AND new_status = 'confirmed'""")
sql("more was sold than offered", "offered stories published history promises", """
    UPDATE tickets.outbox SET body = jsonb_set(body::jsonb, '{{quantity}}', '2')::text WHERE subject = '{seat}'""")
sql("an event of an order was not told", "order_story published history", """
    DELETE FROM orders.outbox WHERE subject = '{complete}' AND type = 'OrderConfirmed'""")
sql("an event is of another state", "order_story published history",
    "UPDATE orders.outbox SET type = 'OrderCompleted' WHERE subject = '{waiting}'")
sql("a cancelled order was completed", "order_story published history", """
    UPDATE orders.outbox SET type = 'OrderCancelled', body = jsonb_set(body::jsonb, '{{status}}', '"cancelled"')::text
    WHERE subject = '{complete}' AND version = 2""")
sql("an order's price has changed", "order_story published history", """
    UPDATE orders.outbox SET body = jsonb_set(body::jsonb, '{{price}}', '1')::text
    WHERE subject = '{complete}' AND version = 2""")
sql("an order is not as it was told", "order_story states_ever",
    "UPDATE orders.orders SET updated_at = updated_at + interval '1 second' WHERE id = '{complete}'")
sql("an order's last event is missing", "order_story published history inbox", """
    UPDATE orders.outbox SET event_id = gen_random_uuid(), version = 9 WHERE subject = '{waiting}'""")
sql("an event is of an order that is not there", "order_story published history", """
    INSERT INTO orders.outbox SELECT nextval('orders.outbox_ids'), event_id, type, v, at, '{new}', version, trace, body
    FROM orders.outbox WHERE subject = '{waiting}'""")
sql("a user's version was left out", "stories published history commanded",
    "UPDATE users.outbox SET version = 3 WHERE subject = '{bad}' AND version = 2")
sql("a listing has changed and nobody was told", "stories copies",
    "UPDATE tickets.tickets SET version = version + 1 WHERE id = '{seat}'")
sql("a user is another than was told", "stories", "UPDATE users.users SET role = 'admin' WHERE id = '{seller}'")
sql("a listing is another than was told", "stories copies",
    "UPDATE tickets.tickets SET title = 'Another' WHERE id = '{gone}'")
sql("payments told more than it counted", "stories",
    "UPDATE payments.orders SET told = told + 1 WHERE id = '{complete}'")

# Causes

sql("an order expired early", "causes states_ever order_story",
    "UPDATE orders.orders SET updated_at = expires_at - interval '1 second' WHERE id = '{expired}'")
sql("an order died of no ban", "causes order_story states_ever",
    "UPDATE orders.orders SET reason = 'buyer_banned' WHERE id = '{cancelled}'")
for status, name in (("PaymentAuthorized", "claimed by no payment"), ("ChargeCreated", "complete and never charged")):
    sql(f"an order was {name}", "causes published history", f"""
        UPDATE payments.outbox SET body = jsonb_set(body::jsonb, '{{{{amount}}}}', '1')::text
        WHERE subject = '{{complete}}' AND type = '{status}'""")
sql("an order is refunded and nothing was given back", "causes published history", """
    UPDATE payments.outbox SET body = jsonb_set(body::jsonb, '{{attempt}}', '7')::text
    WHERE subject = '{refunded}' AND type = 'ChargeRefunded'""")
sql("an order died of a payment that lives", "causes published history", """
    UPDATE payments.outbox SET body = jsonb_set(body::jsonb, '{{attempt}}', '7')::text
    WHERE subject = '{failed}' AND type = 'PaymentFailed'""")
sql("an order has a price that its ticket never had", "causes published history promises stories", """
    UPDATE tickets.outbox SET body = jsonb_set(body::jsonb, '{{price}}', '1')::text WHERE subject = '{seat}'""")

# Copies, counts, inboxes

for table, key in (("tickets.users", "id"), ("orders.users", "id"), ("tickets.orders", "order_id")):
    sql(f"a row of {table} is behind", "copies", f"""
        UPDATE {table} SET version = version - 1 WHERE {key} IN (SELECT {key} FROM {table} LIMIT 1)""")
    sql(f"a row of {table} is missing", "copies", f"""
        DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} LIMIT 1)""")
sql("orders has another price of a ticket", "copies", "UPDATE orders.tickets SET price = 1 WHERE id = '{seat}'")
sql("orders has a ticket of nobody", "copies", """
    INSERT INTO orders.tickets (id, seller_id, title, price, currency, offered, withdrawn, version)
    VALUES ('{new}', '{seller}', 'T', 1, 'EUR', 1, false, 1)""")
sql("payments has another total of an order", "copies", "UPDATE payments.orders SET total = 1 WHERE id = '{waiting}'")
sql("a listing counts one too many as sold", "counts", "UPDATE tickets.tickets SET sold = sold + 1 WHERE id = '{seat}'")
sql("a listing counts what is not held", "counts", "UPDATE tickets.tickets SET held = held + 1 WHERE id = '{gone}'")
sql("an order was made that no command asked for", "inbox accepted",
    "DELETE FROM orders.inbox WHERE id = '{waiting}'")
sql("a command is done and made nothing", "inbox", """
    INSERT INTO tickets.inbox (id, actor, type, outcome, reply)
    VALUES ('{new}', '{seller}', 'CreateTicket', 'done', '{{}}')""")
sql("a refused command made an order", "inbox", "UPDATE orders.inbox SET outcome = 'refused' WHERE id = '{waiting}'")
sql("an order is not as it was answered", "inbox", """
    UPDATE orders.inbox SET reply = jsonb_set(reply::jsonb, '{{total}}', '1')::json WHERE id = '{waiting}'""")
sql("a command was never answered", "inbox", """
    INSERT INTO payments.inbox (id, actor, type) VALUES ('{new}', '{buyer}', 'StartPayment')""")
sql("an event was never taken in", "inbox", """
    DELETE FROM orders.inbox WHERE type = 'PaymentAuthorized' AND id IN (
        SELECT event_id FROM payments.outbox WHERE subject = '{complete}')""")

for type, id in (("ChangeTicket", "seat"), ("BanUser", "bad"), ("CancelOrder", "cancelled")):
    sql(f"no command asked for what {type} does", "commanded", f"""
        DELETE FROM users.inbox WHERE type = '{type}' AND reply ->> 'id' = '{{{id}}}';
        DELETE FROM tickets.inbox WHERE type = '{type}' AND reply ->> 'id' = '{{{id}}}';
        DELETE FROM orders.inbox WHERE type = '{type}' AND reply ->> 'id' = '{{{id}}}'""")

# The outbox and the streams

sql("an event is not published", "published history inbox stories commanded", """
    INSERT INTO users.outbox SELECT nextval('users.outbox_ids'), gen_random_uuid(), type, v, at, subject, 3, '', body
    FROM users.outbox WHERE subject = '{bad}' AND version = 2""")
sql("a mark lies beyond the end", "published", "INSERT INTO users.marks VALUES ('low_water', 10000)")


@damage("published", "queues")
def an_entry_was_written_by_hand(scene: Scene) -> None:
    scene.redis.xadd(scene.key("events", "users"), {"id": "x", "type": "UserUpdated"}, id="100000-0")


@damage("published")
def an_entry_has_other_words(scene: Scene) -> None:
    _rewrite(scene, lambda fields: {**fields, "body": "{}"})


@damage("published")
def an_entry_was_left_out(scene: Scene) -> None:
    _rewrite(scene, lambda fields: None)


def _rewrite(scene: Scene, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Changes the second entry of the stream of payments."""
    key = scene.key("events", "payments")
    entries = scene.redis.xrange(key)
    scene.redis.delete(key)
    for index, (id, fields) in enumerate(entries):
        changed = change(fields) if index == 1 else fields
        if changed:
            scene.redis.xadd(key, changed, id=id)
    scene.redis.xgroup_create(key, "orders", id=entries[-1][0])


@damage("history")
def an_event_was_published_that_never_was(scene: Scene) -> None:
    line = scene.told("orders", -1)
    fields = {**line["fields"], "id": str(uuid.uuid4())}
    scene.run.history.append({**line, "id": "90000-0", "fields": fields})


@damage("history")
def an_event_was_published_with_other_words(scene: Scene) -> None:
    line = scene.told("orders")
    scene.run.history.append({**line, "incarnation": 1, "fields": {**line["fields"], "body": "{}"}})


@damage("history")
def an_event_was_published_under_two_numbers(scene: Scene) -> None:
    scene.told("users", 1)["fields"] = dict(scene.told("users", 0)["fields"])


@damage("history")
def an_event_was_published_twice(scene: Scene) -> None:
    scene.run.history.append(dict(scene.told("orders")))


@damage("history")
def an_event_was_left_out(scene: Scene) -> None:
    scene.run.history.remove(scene.told("orders", 3))


@damage("history")
def the_last_event_was_never_published(scene: Scene) -> None:
    scene.run.history.remove(scene.told("tickets", -1))


# Redis's queues


@damage("queues")
def a_command_waits(scene: Scene) -> None:
    scene.redis.xadd(scene.key("commands", "orders"), {"id": str(uuid.uuid4()), "type": "CreateOrder"})


@damage("queues")
def a_command_was_given_up_on(scene: Scene) -> None:
    scene.redis.xadd(scene.key("dead", "payments"), {"id": str(uuid.uuid4()), "error": "no"})


@damage("queues")
def a_message_is_put_off(scene: Scene) -> None:
    scene.redis.zadd(scene.key("later", "orders"), {json.dumps(["id", str(uuid.uuid4()), "type", "CreateOrder"]): 1})


@damage("queues")
def a_mark_holds_the_stream(scene: Scene) -> None:
    scene.redis.zadd(scene.key("later", "orders") + ":from:users", {"1-0": 1})


@damage("queues")
def a_group_is_missing(scene: Scene) -> None:
    scene.redis.xgroup_destroy(scene.key("events", "orders"), "expiration")


@damage("queues")
def an_entry_is_pending(scene: Scene) -> None:
    key = scene.key("events", "orders")
    scene.redis.xgroup_setid(key, "tickets", "0")
    scene.redis.xreadgroup("tickets", "worker", {key: ">"})


@damage("queues")
def a_group_is_behind(scene: Scene) -> None:
    scene.redis.xgroup_setid(scene.key("events", "orders"), "payments", "1-0")


@damage("bounded")
def replies_never_end(scene: Scene) -> None:
    scene.redis.xadd(f"{scene.market.prefix}:replies:{{api}}", {"id": "x"})


@damage("bounded")
def a_key_that_nobody_knows(scene: Scene) -> None:
    scene.redis.set(f"{scene.market.prefix}:other", "x")


@damage("bounded", "published")
def a_stream_has_no_bound(scene: Scene) -> None:
    key = scene.key("events", "users")
    pipeline = scene.redis.pipeline(transaction=False)
    for number in range(20_001):
        pipeline.xadd(key, {"id": "x"}, id=f"{number + 1000}-0")
    for group in ("tickets", "orders"):
        pipeline.xgroup_setid(key, group, "$")
    pipeline.execute()


@damage("deadlines")
def a_deadline_is_missing(scene: Scene) -> None:
    scene.redis.zrem(scene.key("deadlines", "expiration"), scene.market.waiting.id)


@damage("deadlines")
def a_deadline_is_another(scene: Scene) -> None:
    scene.redis.zincrby(scene.key("deadlines", "expiration"), 1000, scene.market.waiting.id)


sql("an order awaits payment past its hold", "holds order_story states_ever inbox copies", """
    UPDATE orders.orders SET expires_at = now() - interval '1 minute' WHERE id = '{waiting}'""")


@damage("expiries")
def an_expiry_of_no_order(scene: Scene) -> None:
    _expiry(scene, orderId=str(uuid.uuid4()))


@damage("expiries")
def an_expiry_for_another_moment(scene: Scene) -> None:
    _expiry(scene, expiresAt="2020-01-01T00:00:00.000Z")


@damage("expiries")
def an_expiry_before_its_time(scene: Scene) -> None:
    scene.told("expiration")["fields"]["at"] = "2020-01-01T00:00:00.000Z"


def _expiry(scene: Scene, **changes: str) -> None:
    fields = scene.told("expiration")["fields"]
    fields["body"] = json.dumps(json.loads(fields["body"]) | changes)


@damage("lateness")
def an_order_expired_late(scene: Scene) -> None:
    _seen(scene, 11_000)


@damage("lateness")
def an_order_expired_early(scene: Scene) -> None:
    _seen(scene, -5_000)


def _seen(scene: Scene, late_ms: int) -> None:
    order = scene.market.expired
    for line in scene.run.history:
        if line["fields"]["subject"] == order.id and line["fields"]["type"] == "OrderCancelled":
            line["t"] = order.expires + late_ms


# People

sql("a token has two successors", "sessions", """
    UPDATE users.refresh_tokens SET rotated_at = NULL WHERE session_id IN (
        SELECT id FROM users.sessions WHERE user_id = '{buyer}')""")
sql("a banned one is signed in", "sessions", "UPDATE users.sessions SET ended_at = NULL WHERE user_id = '{bad}'")
sql("a banned one holds an order", "bans inbox promises asked order_story states_ever copies",
    "UPDATE orders.orders SET user_id = '{bad}' WHERE id = '{waiting}'")
sql("a banned one sells", "bans stories copies promises asked",
    "UPDATE tickets.tickets SET seller_id = '{bad}' WHERE id = '{seat}'")

# Money


@damage("money")
def a_complete_order_was_never_captured(scene: Scene) -> None:
    scene.intent(scene.market.complete.id, attempt="2")["captured"] = 0


@damage("money", "stripe_keys")
def a_complete_order_was_captured_twice(scene: Scene) -> None:
    scene.intent(scene.market.complete.id, attempt="1").update(status="succeeded", captured=3600)


@damage("money", "stripe_keys")
def a_cancelled_order_was_captured(scene: Scene) -> None:
    scene.intent(scene.market.cancelled.id).update(status="succeeded", captured=2400)


@damage("money")
def another_amount_was_captured(scene: Scene) -> None:
    scene.intent(scene.market.complete.id, attempt="2")["captured"] = 3599


@damage("money")
def another_currency_was_captured(scene: Scene) -> None:
    scene.intent(scene.market.complete.id, attempt="2")["currency"] = "usd"


@damage("money", "stripe_keys")
def another_attempt_was_captured(scene: Scene) -> None:
    scene.intent(scene.market.complete.id, attempt="2")["attempt"] = "3"


@damage("money")
def a_refunded_order_was_not_given_back(scene: Scene) -> None:
    scene.intent(scene.market.refunded.id)["refunded"] = 600


@damage("money", "authorisations", "stripe_keys")
def money_was_taken_for_nobody(scene: Scene) -> None:
    intent = {**scene.intent(scene.market.complete.id, attempt="2"), "id": "pi_x", "order_id": str(uuid.uuid4())}
    scene.record["payment_intents"].append(intent | {"authorized": 10})


@damage("authorisations")
def money_is_held_for_a_dead_order(scene: Scene) -> None:
    scene.intent(scene.market.cancelled.id).update(status="requires_capture", authorized=2400)


@damage("authorisations")
def a_dead_order_could_be_paid(scene: Scene) -> None:
    scene.intent(scene.market.failed.id)["status"] = "requires_payment_method"


@damage("authorisations")
def a_page_of_a_dead_order_is_open(scene: Scene) -> None:
    scene.page(scene.market.cancelled.id)["status"] = "open"


@damage("stripe_keys")
def stripe_was_sent_an_unknown_key(scene: Scene) -> None:
    scene.record["requests"][f"{scene.market.waiting.id}:1:capture:1"] = {"operation": "payment_intents.capture",
                                                                          "count": 1, "replays": 0}  # fmt: skip


@damage("stripe_keys")
def a_key_was_used_for_something_else(scene: Scene) -> None:
    scene.record["requests"][f"{scene.market.waiting.id}:1:create_session:1"]["operation"] = "refunds.create"


sql("a call was made that was withdrawn", "stripe_keys",
    "UPDATE payments.calls SET state = 'withdrawn' WHERE order_id = '{cancelled}' AND operation = 'expire_session'")


@damage("stripe_keys")
def a_page_was_made_without_a_key(scene: Scene) -> None:
    scene.record["sessions"].append({**scene.page(scene.market.cancelled.id), "id": "cs_x"})


@damage("stripe_keys")
def a_capture_was_made_without_a_key(scene: Scene) -> None:
    del scene.record["requests"][f"{scene.market.complete.id}:2:capture:1"]


sql("a call has no outcome", "payments", """
    INSERT INTO payments.calls (order_id, attempt, operation, try, state, request, due_at, created_at, updated_at)
    VALUES ('{waiting}', 1, 'expire_session', 1, 'pending', '{{}}', now(), now(), now())""")
sql("somebody waits for a page", "payments",
    "INSERT INTO payments.waiting VALUES ('{new}', '{waiting}', 'api/1', now())")
sql("an attempt of a dead order is open", "payments",
    "UPDATE payments.attempts SET state = 'closing' WHERE order_id = '{cancelled}'")
sql("an order stays confirmed", "payments copies order_story counts states_ever money", """
    UPDATE orders.orders SET status = 'confirmed' WHERE id = '{complete}'""")
sql("an attempt asks for another amount", "payments",
    "UPDATE payments.attempts SET amount = amount + 1 WHERE order_id = '{waiting}'")
sql("the claimed attempt is not there", "payments stripe_keys promises", """
    DELETE FROM payments.calls WHERE order_id = '{complete}' AND attempt = 2;
    DELETE FROM payments.attempts WHERE order_id = '{complete}' AND number = 2""")

# What clients were told


@damage("promises", "asked", "same_key")
def a_promised_order_is_not_there(scene: Scene) -> None:
    line = scene.answer(scene.market.waiting.id)
    line["answer"] = {**line["answer"], "id": str(uuid.uuid4())}



@damage("promises")
def an_order_is_not_what_was_answered(scene: Scene) -> None:
    line = scene.answer(scene.market.complete.id)
    line["answer"] = {**line["answer"], "total": 1}


@damage("promises", "asked")
def a_promised_listing_is_not_there(scene: Scene) -> None:
    line = scene.find(path="/api/tickets", method="POST")
    line["answer"] = {**line["answer"], "id": str(uuid.uuid4())}


@damage("promises")
def a_listing_has_a_version_that_was_never_told(scene: Scene) -> None:
    line = scene.find(method="PUT")
    line["answer"] = {**line["answer"], "version": 9}


@damage("promises")
def a_listing_is_not_what_was_answered(scene: Scene) -> None:
    line = scene.find(method="PUT")
    line["answer"] = {**line["answer"], "price": 1}


@damage("promises", "asked")
def a_promised_account_is_not_there(scene: Scene) -> None:
    line = scene.find(path="/api/users/signup")
    line["answer"] = {**line["answer"], "id": str(uuid.uuid4())}


@damage("promises", "asked")
def an_account_has_another_address(scene: Scene) -> None:
    scene.sql("UPDATE users.users SET email = 'other@example.org' WHERE id = %s", scene.market.seller)


@damage("promises", "asked")
def an_order_that_was_never_made_is_told_cancelled(scene: Scene) -> None:
    scene.find(method="DELETE", path=f"/api/orders/{scene.market.cancelled.id}")["path"] = f"/api/orders/{uuid.uuid4()}"



@damage("promises")
def an_order_is_told_cancelled_and_is_not(scene: Scene) -> None:
    line = scene.find(method="DELETE", path=f"/api/orders/{scene.market.cancelled.id}")
    scene.run.clients.append({**line, "path": f"/api/orders/{scene.market.complete.id}"})


@damage("promises")
def a_listing_is_told_withdrawn_and_is_not(scene: Scene) -> None:
    scene.find(method="DELETE", path=f"/api/tickets/{scene.market.gone['id']}")["path"] = (
        f"/api/tickets/{scene.market.seat['id']}")  # fmt: skip


@damage("promises")
def a_page_is_none_of_ours(scene: Scene) -> None:
    scene.find(path="/api/payments")["answer"] = {"id": "cs_other", "url": "x"}


@damage("promises")
def a_ban_never_happened(scene: Scene) -> None:
    scene.find(op="ban")["path"] = f"/api/admin/users/{scene.market.seller}/ban"


@damage("asked", "same_key")
def one_wish_has_two_orders(scene: Scene) -> None:
    scene.find(status=202)["location"] = f"/api/commands/{scene.market.silent.id}"



@damage("asked")
def two_wishes_have_one_order(scene: Scene) -> None:
    line = scene.answer(scene.market.complete.id)
    line["key"] = None
    scene.run.clients.append({**line})


@damage("asked", "promises")
def an_order_is_not_what_was_asked(scene: Scene) -> None:
    line = scene.answer(scene.market.complete.id)
    line["body"] = {**line["body"], "quantity": 2}


@damage("asked")
def nobody_asked_for_an_order(scene: Scene) -> None:
    scene.run.clients.remove(scene.find(error="reset"))


@damage("asked")
def nobody_asked_to_cancel(scene: Scene) -> None:
    scene.run.clients.remove(scene.find(method="DELETE", path=f"/api/orders/{scene.market.cancelled.id}"))


@damage("same_key")
def one_key_made_two_things(scene: Scene) -> None:
    line = scene.find(method="PUT")
    line["key"] = "k"
    scene.run.clients.append({**line, "body": {"price": 1300}, "status": 204, "answer": None, "path": line["path"]})


@damage("same_key")
def one_key_was_answered_in_two_ways(scene: Scene) -> None:
    line = scene.answer(scene.market.complete.id)
    scene.run.clients.append({**line, "answer": {**line["answer"], "updatedAt": "later"}})


@damage("same_key")
def what_was_done_was_refused(scene: Scene) -> None:
    line = scene.answer(scene.market.complete.id)
    scene.run.clients.append({**line, "status": 409, "answer": {"title": "Sold out"}})


@damage("same_key")
def the_same_was_called_another(scene: Scene) -> None:
    line = scene.answer(scene.market.complete.id)
    scene.run.clients.append({**line, "status": 422, "answer": {"title": "Another request"}})


@damage("accepted")
def an_accepted_command_is_lost(scene: Scene) -> None:
    line = scene.answer(scene.market.complete.id)
    scene.run.clients.append({**line, "key": None, "status": 202, "location": f"/api/commands/{uuid.uuid4()}"})


@damage("answers")
def an_answer_came_late(scene: Scene) -> None:
    line = scene.find(path="/api/payments")
    line["t1"] = line["t0"] + 15_001


@damage("answers")
def a_look_was_answered_late(scene: Scene) -> None:
    line = scene.find(method="GET")
    scene.run.clients.append({**line, "t0": line["t0"] - 6000, "t1": line["t0"]})


@damage("answers")
def a_request_was_never_answered(scene: Scene) -> None:
    scene.run.clients.append({**scene.find(error="reset"), "body": None, "path": "/api/users/currentuser",
                              "t0": 0, "t1": 10})  # fmt: skip


@damage("answers")
def a_process_ended_without_an_answer(scene: Scene) -> None:
    line = {**scene.find(error="reset"), "body": None, "path": "/api/users/currentuser", "t0": 1000, "t1": 2000}
    scene.run.clients.append(line)
    scene.fault("term", 1600, None, "api-1")
    scene.fault("start", 2500, 2600, "api-1")


@damage()
def a_process_that_ended_was_asked(scene: Scene) -> None:
    a_process_ended_without_an_answer(scene)
    scene.run.clients[-1]["t0"] = 1200


@damage("answers")
def the_server_failed(scene: Scene) -> None:
    scene.find(path="/api/payments")["status"] = 500


@damage("secrets")
def a_token_is_in_a_log(scene: Scene) -> None:
    token = ".".join(["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N"])
    (scene.run.path / "logs" / "api-1.log").write_text(f"fine\nthe token {token}\n", encoding="utf-8")


@damage("looks")
def a_look_went_back(scene: Scene) -> None:
    line = [one for one in scene.run.clients if one["path"].endswith(scene.market.complete.id)][-1]
    scene.run.clients.append({**line, "t0": line["t1"] + 1, "t1": line["t1"] + 2,
                              "answer": {**line["answer"], "version": 1}})  # fmt: skip


# What is explained


@damage()
def a_lost_command_that_redis_lost(scene: Scene) -> None:
    an_accepted_command_is_lost(scene)
    scene.fault("redis_flush", scene.run.clients[-1]["t1"] + 10)


@damage()
def a_late_answer_of_a_process_that_was_held(scene: Scene) -> None:
    an_answer_came_late(scene)
    line = scene.find(path="/api/payments")
    scene.fault("stop", line["t0"], line["t0"] + 8000, "api-1,users-1")


@damage("answers")
def a_late_answer_while_another_process_was_held(scene: Scene) -> None:
    an_answer_came_late(scene)
    line = scene.find(path="/api/payments")
    scene.fault("stop", line["t0"], line["t0"] + 8000, "api-2")


@damage()
def a_late_expiry_while_redis_was_away(scene: Scene) -> None:
    an_order_expired_late(scene)
    due = scene.market.expired.expires
    scene.fault("redis_kill", due - 1000, due + 9000)


@damage()
def an_early_expiry_by_a_clock_that_jumped(scene: Scene) -> None:
    an_order_expired_early(scene)
    due = scene.market.expired.expires
    scene.fault("clock_jump", due - 20_000, due)


@damage()
def a_planted_message_is_put_off(scene: Scene) -> None:
    a_message_is_put_off(scene)
    id = json.loads(scene.redis.zrange(scene.key("later", "orders"), 0, 0)[0])[1]
    scene.fault("rolling", 0, 1, ids=[id])


@damage()
def a_row_that_was_trimmed_unseen(scene: Scene) -> None:
    before, line, after = (scene.told("orders", number) for number in (2, 3, 4))
    scene.run.history[scene.run.history.index(line)] = {
        "t": 0, "stream": line["stream"], "incarnation": 0, "gap": 1, "after": before["id"], "before": after["id"],
        "fields": line["fields"]}  # fmt: skip


@damage()
def a_stream_that_was_lost_and_filled_again(scene: Scene) -> None:
    again = [{**line, "incarnation": 1} for line in scene.run.history if line["stream"] == scene.key("events", "orders")]
    scene.run.history.append({"t": 0, "stream": again[0]["stream"], "incarnation": 0, "loss": True, "last": "9-0",
                              "fields": {"type": "", "subject": ""}})  # fmt: skip
    scene.run.history += again[-3:]


@damage("history")
def a_row_was_left_out_after_a_loss(scene: Scene) -> None:
    a_stream_that_was_lost_and_filled_again(scene)
    again = scene.run.history[-3:]
    # Of the last three rows only the first and the third came, and the second never had.
    scene.run.history[-3:] = [again[0], again[2]]
    scene.run.history.remove(next(line for line in scene.run.history if line.get("id") == again[1]["id"]
                                  and line["stream"] == again[1]["stream"]))  # fmt: skip


@damage()
def a_row_of_an_earlier_life(scene: Scene) -> None:
    a_stream_that_was_lost_and_filled_again(scene)
    del scene.run.history[-2]


@damage()
def a_deadline_that_redis_lost(scene: Scene) -> None:
    a_deadline_is_missing(scene)
    scene.fault("redis_flush", scene.market.waiting.created + 1000)


@damage()
def a_page_that_nobody_was_told_of(scene: Scene) -> None:
    key = f"{scene.market.cancelled.id}:1:create_session:2"
    scene.sql("INSERT INTO payments.calls SELECT order_id, attempt, operation, 2, 'doubted', request, due_at, token, 1, "
              "1, 'gone', created_at, updated_at FROM payments.calls WHERE order_id = %s "
              "AND operation = 'create_session'", scene.market.cancelled.id)  # fmt: skip
    scene.record["requests"][key] = {"operation": "checkout.sessions.create", "count": 2, "replays": 1}
    scene.record["sessions"].append({**scene.page(scene.market.cancelled.id), "id": "cs_x", "status": "open"})
