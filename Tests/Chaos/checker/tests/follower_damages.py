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
