"""Damages of the law `followers`: followers that have not settled every event."""

from .damages import Fixture, damage, sql

sql("a follower has not settled every event", "followers", """
    UPDATE orders.followers SET settled = 1 WHERE name = 'payments'""")


@damage("followers")
def a_follower_is_off_the_stream(fixture: Fixture) -> None:
    fixture.redis.hset(fixture.key("events", "orders") + ":gaps", "payments", "1")


@damage("followers")
def a_catch_up_stream_is_not_empty(fixture: Fixture) -> None:
    fixture.redis.xadd(fixture.key("events", "orders") + ":to:payments", {"id": "x"})


# Catching up. The follower got five rows.


def _given(fixture: Fixture) -> list[dict]:
    key = fixture.key("events", "orders") + ":to:tickets"
    return [line for line in fixture.run.history if line["stream"] == key]


@damage("catch_up")
def a_follower_was_given_another_event(fixture: Fixture) -> None:
    line = _given(fixture)[1]
    line["fields"] = {**line["fields"], "body": "{}"}


@damage("catch_up")
def a_follower_was_given_a_row_twice(fixture: Fixture) -> None:
    fixture.run.history.append(_given(fixture)[-1])


@damage("catch_up")
def a_follower_was_not_given_a_row(fixture: Fixture) -> None:
    fixture.run.history.remove(_given(fixture)[2])


@damage()
def a_row_was_settled_before_it_was_recorded(fixture: Fixture) -> None:
    before, line, after = _given(fixture)[1:4]
    fixture.run.history.remove(line)
    fixture.run.history.append({"stream": line["stream"], "incarnation": 0, "gap": 1, "after": before["id"],
                                "before": after["id"], "fields": line["fields"]})  # fmt: skip


@damage()
def a_follower_was_behind_twice(fixture: Fixture) -> None:
    fixture.run.history += [{**line, "incarnation": 1} for line in _given(fixture)[3:]]


@damage("redis_bounds")
def a_catch_up_stream_was_too_long(fixture: Fixture) -> None:
    line = _given(fixture)[0]
    fixture.run.history.append({"stream": line["stream"], "incarnation": 0, "length": 1001, "fields": line["fields"]})


@damage("redis_bounds")
def a_stream_was_too_long_for_a_moment(fixture: Fixture) -> None:
    line = fixture.history_line("orders")
    fixture.run.history.append({"stream": line["stream"], "incarnation": 0, "length": 1001, "fields": line["fields"]})


@damage("paused_service")
def an_order_was_refused_while_listings_were_paused(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    fixture.run.clients.append({**line, "status": 503, "key": "again", "answer": None})


@damage()
def a_listing_was_refused_while_listings_were_paused(fixture: Fixture) -> None:
    line = fixture.order_request(fixture.market.complete.id)
    fixture.run.clients.append({**line, "path": "/api/tickets", "status": 503, "key": "again", "answer": None})


@damage("paused_service")
def nobody_could_order_while_listings_were_paused(fixture: Fixture) -> None:
    now = fixture.market.now
    fixture.fault("pause_follower", now + 10_000, now + 20_000, "tickets")
