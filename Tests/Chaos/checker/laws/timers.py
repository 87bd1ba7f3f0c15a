"""Every order that awaits payment, and whose hold has not ended, has a timer in Redis for the end of its hold.

Explained: Redis lost its data after the order was created. The sweep sets such a timer again, or finds the order when
it is due. A timer for an order that no longer needs one is harmless: when it fires, the orders service ignores it. The
previous build keeps the timers under another key, from which this build moves them.
"""

from ..report import LawResult
from ..system import System

REQUIRES = ("redis",)


def check(system: System, result: LawResult) -> None:
    timers = dict(system.redis.zrange(system.key("deadlines", "expiration"), 0, -1, withscores=True))
    timers |= dict(system.redis.zrange(system.key("timers", "orders") + ":hold", 0, -1, withscores=True))
    waiting = system.query(
        """
        SELECT id::text, (extract(epoch FROM expires_at) * 1000)::bigint AS due,
            (extract(epoch FROM created_at) * 1000)::bigint AS created FROM orders.orders
        WHERE status = 'awaiting_payment' AND expires_at > clock_timestamp() + interval '1 second'
        """
    )
    result.count("timers of holds", len(timers))
    result.count("orders that await payment", len(waiting))
    for order in waiting:
        due = timers.get(order["id"])
        if due is not None and int(due) == order["due"]:
            continue
        if system.run and system.run.data_losses(order["created"], system.now):
            result.explain("Redis lost the timer: the sweep finds the order when it is due")
        else:
            result.add_violation(order["id"], "an order's timer is missing or wrong", due=order["due"], set=due)
