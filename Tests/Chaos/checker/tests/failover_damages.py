"""Failovers. The laws explain exactly the changes that a failover lost, and only if the standby was asynchronous."""

import json
import uuid
from collections.abc import Callable

from ..lost import FIRST_ROWS
from ..requests import UUID
from . import damages
from .damages import ALL, Damage, Fixture, damage

Apply = Callable[[Fixture], None]

#: The number of the last event of orders in the healthy market.
LAST_ORDER_EVENT = 29


def fail_over(fixture: Fixture, kind: str = "failover_asynchronous", **lost: object) -> None:
    at = fixture.market.now + 1000
    fixture.fault(kind, at, at + 5000, "postgres", killedAt=at, lost=lost)


def explained(
    apply: Apply, laws: str, lost: Callable[[Fixture], dict], is_by_id: bool = True
) -> None:  # fmt: skip
    """Adds the damage three times: with a failover that lost these changes, with a failover that lost other ids, and
    with a synchronous failover. The first explains the damage, and these laws must detect the other two. Without ids in
    `lost`, the second is left out."""
    every = frozenset(laws.split())

    def with_fault(kind: str, is_other: bool) -> Apply:
        def damaged(fixture: Fixture) -> None:
            apply(fixture)
            detail = lost(fixture)
            if is_other:
                detail = json.loads(_replace_ids(json.dumps(detail)))
            fail_over(fixture, kind, **detail)

        return damaged

    name = apply.__name__
    ALL.append(Damage(f"{name}, lost by a failover", frozenset(), with_fault("failover_asynchronous", False)))
    if is_by_id:
        ALL.append(Damage(f"{name}, beside a failover", every, with_fault("failover_asynchronous", True)))
    ALL.append(Damage(f"{name}, despite a standby", every, with_fault("failover_synchronous", False)))


def _replace_ids(text: str) -> str:
    """Replaces each id by a different one."""
    for id in set(UUID.findall(text)):
        text = text.replace(id, str(uuid.uuid4()))
    return text


# Streams


def a_lost_event_was_published(fixture: Fixture) -> None:
    damages.a_published_event_is_not_in_the_outbox(fixture)


explained(a_lost_event_was_published, "stream_history", lambda fixture: {
    "events": {"orders": [[90000, fixture.run.history[-1]["fields"]["id"], str(uuid.uuid4()), 2]]}})  # fmt: skip


def a_row_got_the_number_of_a_lost_event(fixture: Fixture) -> None:
    """In the next incarnation, the row is published under the number of the lost event."""
    line = fixture.history_line("orders", 0)
    lost = {**line, "fields": {**line["fields"], "id": str(uuid.uuid4())}}
    fixture.run.history[fixture.run.history.index(line)] = lost
    key = line["stream"]
    fixture.run.history.append({**line, "incarnation": 1, "stream": key})


explained(a_row_got_the_number_of_a_lost_event, "stream_history", lambda fixture: {
    "events": {"orders": [[1, fixture.history_line("orders", 0)["fields"]["id"], str(uuid.uuid4()), 2]]}})  # fmt: skip


@damage("stream_history")
def a_row_has_the_number_of_a_lost_event_in_one_stream(fixture: Fixture) -> None:
    """In one incarnation, the relay must continue beyond the number of the lost event."""
    line = fixture.history_line("orders", 5)
    lost = {**line, "fields": {**line["fields"], "id": str(uuid.uuid4())}}
    fixture.run.history.insert(fixture.run.history.index(line), lost)
    number = int(line["id"].split("-")[0])
    fail_over(fixture, events={"orders": [[number, lost["fields"]["id"], str(uuid.uuid4()), 2]]})


@damage("stream_history")
def a_row_between_lost_events_was_not_published(fixture: Fixture) -> None:
    lines = [fixture.history_line("orders", number) for number in (3, 4, 5)]
    fixture.run.history.remove(lines[1])
    lost = []
    for line in (lines[0], lines[2]):
        copy = {**line, "incarnation": 1, "fields": {**line["fields"], "id": str(uuid.uuid4())}}
        fixture.run.history.append(copy)
        lost.append([int(line["id"].split("-")[0]), copy["fields"]["id"], str(uuid.uuid4()), 2])
    fail_over(fixture, events={"orders": lost})


def a_kept_row_was_published_again(fixture: Fixture) -> None:
    """The row was published under a number that it no longer has, and then under its present number."""
    last = fixture.history_line("orders", -1)
    number = int(last["id"].split("-")[0])
    fixture.sql("UPDATE orders.outbox SET id = %s WHERE id = %s", number + 10, number)
    fixture.run.history.append({**last, "id": f"{number + 10}-0"})
    key = fixture.key("events", "orders")
    fixture.redis.xadd(key, last["fields"], id=f"{number + 10}-0")
    for group in ("tickets", "payments", "expiration"):
        fixture.redis.xgroup_setid(key, group, "$")


explained(a_kept_row_was_published_again, "stream_history publication", lambda fixture: {
    "numbers": {"orders": [LAST_ORDER_EVENT, LAST_ORDER_EVENT + 3]}}, is_by_id=False)  # fmt: skip


@damage("stream_history", "publication")
def a_row_before_the_low_water_mark_was_published_again(fixture: Fixture) -> None:
    a_kept_row_was_published_again(fixture)
    fail_over(fixture, numbers={"orders": [LAST_ORDER_EVENT + 1, LAST_ORDER_EVENT + 3]})


@damage("stream_history", "publication")
def a_kept_row_got_a_number_that_was_used(fixture: Fixture) -> None:
    a_kept_row_was_published_again(fixture)
    fail_over(fixture, numbers={"orders": [LAST_ORDER_EVENT, LAST_ORDER_EVENT + 11]})


def a_row_of_the_new_primary_was_published_again(fixture: Fixture) -> None:
    """A relay has published the row before another relay has given it a new number."""
    a_kept_row_was_published_again(fixture)


explained(a_row_of_the_new_primary_was_published_again, "stream_history publication", lambda fixture: {
    "numbers": {"orders": [0, LAST_ORDER_EVENT]}}, is_by_id=False)  # fmt: skip


@damage("stream_history", "publication")
def a_row_written_long_after_the_failover_was_published_again(fixture: Fixture) -> None:
    a_kept_row_was_published_again(fixture)
    fail_over(fixture, numbers={"orders": [-2000, LAST_ORDER_EVENT - FIRST_ROWS]})


def a_stream_ends_with_a_lost_event(fixture: Fixture) -> None:
    key = fixture.key("events", "users")
    fields = {**fixture.redis.xrevrange(key, count=1)[0][1], "id": "00000000-0000-4000-8000-000000000001"}
    fixture.redis.xadd(key, fields, id="1000-0")
    for group in ("tickets", "orders", "catalogue"):
        fixture.redis.xgroup_setid(key, group, "$")


explained(a_stream_ends_with_a_lost_event, "publication", lambda fixture: {
    "events": {"users": [[1000, "00000000-0000-4000-8000-000000000001", str(uuid.uuid4()), 2]]}})  # fmt: skip


def a_follower_was_given_a_lost_event(fixture: Fixture) -> None:
    key = fixture.key("events", "orders") + ":to:tickets"
    line = [line for line in fixture.run.history if line["stream"] == key][1]
    line["fields"] = {**line["fields"], "id": "00000000-0000-4000-8000-000000000001"}


explained(a_follower_was_given_a_lost_event, "catch_up", lambda fixture: {
    "events": {"orders": [[2, "00000000-0000-4000-8000-000000000001", str(uuid.uuid4()), 2]]}})  # fmt: skip

# Responses


def _order(fixture: Fixture) -> str:
    return fixture.find(path="/api/orders", status=201)["answer"]["id"]


def an_order_that_was_answered_is_lost(fixture: Fixture) -> None:
    line = {**fixture.find(path="/api/orders", status=201)}
    line["answer"] = {**line["answer"], "id": "00000000-0000-4000-8000-000000000002"}
    line["key"] = "lost"
    fixture.run.clients.append(line)


explained(an_order_that_was_answered_is_lost, "durability",
          lambda fixture: {"rows": ["00000000-0000-4000-8000-000000000002"]})  # fmt: skip


@damage("durability")
def an_order_was_answered_after_the_failover_and_is_lost(fixture: Fixture) -> None:
    an_order_that_was_answered_is_lost(fixture)
    line = fixture.run.clients[-1]
    line["t0"] = line["t1"] = fixture.market.now + 10_000
    fail_over(fixture, rows=[line["answer"]["id"]])


explained(damages.a_read_returned_an_older_version, "monotonic_reads", lambda fixture: {
    "events": {"orders": [[90000, str(uuid.uuid4()), fixture.market.complete.id, version] for version in (2, 3)]}})


def a_payment_was_accepted_for_a_lost_order(fixture: Fixture) -> None:
    line = fixture.find(path="/api/payments")
    fixture.run.clients.append({
        **line, "key": None, "status": 202, "location": f"/api/commands/{uuid.uuid4()}",
        "body": {"orderId": "00000000-0000-4000-8000-000000000005"}})  # fmt: skip


explained(a_payment_was_accepted_for_a_lost_order, "accepted_commands",
          lambda fixture: {"rows": ["00000000-0000-4000-8000-000000000005"]})  # fmt: skip


@damage("accepted_commands")
def a_payment_was_accepted_after_its_order_was_lost(fixture: Fixture) -> None:
    a_payment_was_accepted_for_a_lost_order(fixture)
    line = fixture.run.clients[-1]
    line["t0"] = line["t1"] = fixture.market.now + 10_000
    fail_over(fixture, rows=[line["body"]["orderId"]])


def an_accepted_command_is_lost(fixture: Fixture) -> None:
    damages.an_accepted_command_is_lost(fixture)


explained(an_accepted_command_is_lost, "accepted_commands", lambda fixture: {
    "inbox": {"orders": [fixture.run.clients[-1]["location"].rsplit("/", 1)[-1]]}})  # fmt: skip
explained(damages.one_key_has_two_responses, "idempotency_keys",
          lambda fixture: {"inbox": {"orders": [fixture.market.complete.id]}})  # fmt: skip

# Followers


def a_follower_lost_what_it_had_settled(fixture: Fixture) -> None:
    fixture.sql("DELETE FROM orders.inbox WHERE type = 'PaymentAuthorized'")


explained(a_follower_lost_what_it_had_settled, "inbox", lambda fixture: {"inbox": {"orders": [
    line["fields"]["id"] for line in fixture.run.history if line["fields"]["type"] == "PaymentAuthorized"]}})


def a_closed_copy_has_no_source(fixture: Fixture) -> None:
    fixture.sql("INSERT INTO tickets.orders VALUES ('00000000-0000-4000-8000-000000000003', %s, 1, 'cancelled', 3)",
                fixture.market.listing["id"])  # fmt: skip


explained(a_closed_copy_has_no_source, "copies",
          lambda fixture: {"rows": ["00000000-0000-4000-8000-000000000003"]})  # fmt: skip


@damage("copies")
def an_open_copy_has_no_source_after_a_failover(fixture: Fixture) -> None:
    id = "00000000-0000-4000-8000-000000000003"
    fixture.sql(f"INSERT INTO tickets.orders VALUES ('{id}', %s, 1, 'awaiting_payment', 1)",
                fixture.market.listing["id"])  # fmt: skip
    fail_over(fixture, rows=[id])


def an_expiry_of_a_lost_order(fixture: Fixture) -> None:
    damages.an_expiry_event_is_for_an_unknown_order(fixture)


explained(an_expiry_of_a_lost_order, "expiry_events", lambda fixture: {
    "rows": [json.loads(fixture.history_line("expiration")["fields"]["body"])["orderId"]]})  # fmt: skip

def an_order_expired_after_a_lost_cancellation(fixture: Fixture) -> None:
    order = fixture.market.expired
    line = next(line for line in fixture.run.history if line["fields"]["subject"] == order.id)
    fields = {**line["fields"], "id": "00000000-0000-4000-8000-000000000006", "type": "OrderCancelled"}
    fixture.run.history.insert(0, {**line, "t": order.expires - 60_000, "id": "0-0", "fields": fields})


explained(an_order_expired_after_a_lost_cancellation, "expiry_lateness stream_history", lambda fixture: {
    "events": {"orders": [[0, "00000000-0000-4000-8000-000000000006", fixture.market.expired.id, 2]]}})  # fmt: skip

def a_command_waits_for_a_lost_account(fixture: Fixture) -> None:
    member = json.dumps(["id", str(uuid.uuid4()), "type", "CreateOrder", "actor",
                         "00000000-0000-4000-8000-000000000007", "history", "the copy of the buyer is behind"])
    fixture.redis.zadd(fixture.key("later", "orders"), {member: 1})


explained(a_command_waits_for_a_lost_account, "queues",
          lambda fixture: {"rows": ["00000000-0000-4000-8000-000000000007"]})  # fmt: skip


@damage("queues")
def a_command_of_a_lost_account_fails(fixture: Fixture) -> None:
    member = json.dumps(["id", str(uuid.uuid4()), "type", "CreateOrder", "actor",
                         "00000000-0000-4000-8000-000000000007", "history", "a unique violation"])
    fixture.redis.zadd(fixture.key("later", "orders"), {member: 1})
    fail_over(fixture, rows=["00000000-0000-4000-8000-000000000007"])


def a_lost_account_was_answered_202(fixture: Fixture) -> None:
    line = fixture.find(path="/api/orders", status=202)
    fixture.run.clients.append({**line, "user": "00000000-0000-4000-8000-000000000007", "key": None,
                                "location": f"/api/commands/{uuid.uuid4()}"})  # fmt: skip


explained(a_lost_account_was_answered_202, "accepted_commands",
          lambda fixture: {"rows": ["00000000-0000-4000-8000-000000000007"]})  # fmt: skip

# Money


def a_lost_call_was_made(fixture: Fixture) -> None:
    damages.stripe_received_an_unknown_key(fixture)


explained(a_lost_call_was_made, "stripe_keys",
          lambda fixture: {"calls": [f"{fixture.market.awaiting.id}:1:capture:1"]})  # fmt: skip


def a_lost_order_was_refunded(fixture: Fixture) -> None:
    id = "00000000-0000-4000-8000-000000000004"
    intent = {**fixture.intent(fixture.market.refunded.id), "id": "pi_x", "order_id": id}
    fixture.record["payment_intents"].append(intent)
    for operation, name in (("capture", "payment_intents.capture"), ("refund", "refunds.create")):
        key = f"{id}:1:{operation}:1"
        fixture.record["requests"][key] = {"operation": name, "count": 1, "replays": 0}


explained(a_lost_order_was_refunded, "money stripe_keys", lambda fixture: {
    "rows": ["00000000-0000-4000-8000-000000000004"],
    "calls": [f"00000000-0000-4000-8000-000000000004:1:{operation}:1" for operation in ("capture", "refund")]})


@damage("money")
def a_lost_order_was_not_refunded(fixture: Fixture) -> None:
    a_lost_order_was_refunded(fixture)
    fixture.record["payment_intents"][-1]["refunded"] = 0
    id = "00000000-0000-4000-8000-000000000004"
    fail_over(fixture, rows=[id], calls=[f"{id}:1:capture:1", f"{id}:1:refund:1"])


def a_cancelled_order_was_captured_and_refunded(fixture: Fixture) -> None:
    order = fixture.market.cancelled.id
    fixture.intent(order).update(status="succeeded", captured=2400, refunded=2400)
    for operation, name in (("capture", "payment_intents.capture"), ("refund", "refunds.create")):
        fixture.record["requests"][f"{order}:1:{operation}:1"] = {"operation": name, "count": 1, "replays": 0}


explained(a_cancelled_order_was_captured_and_refunded, "money stripe_keys", lambda fixture: {
    "calls": [f"{fixture.market.cancelled.id}:1:{operation}:1" for operation in ("capture", "refund")]})


@damage("money")
def a_cancelled_order_was_captured_and_refunded_in_part(fixture: Fixture) -> None:
    a_cancelled_order_was_captured_and_refunded(fixture)
    order = fixture.market.cancelled.id
    fixture.intent(order)["refunded"] = 1200
    fail_over(fixture, calls=[f"{order}:1:capture:1", f"{order}:1:refund:1"])
