"""Every order that awaits payment, and whose hold is not over, has its deadline set in Redis, for that moment.

Explained: Redis lost its data after the order was made. The sweep finds such an order when it is due. A deadline of an
order that needs none any more does no harm: it fires, and the orders service knows better.
"""

from ..report import Finding
from ..world import World

NEEDS = ("redis",)


def judge(world: World, finding: Finding) -> None:
    armed = dict(world.redis.zrange(world.key("deadlines", "expiration"), 0, -1, withscores=True))
    waiting = world.query(
        """
        SELECT id::text, (extract(epoch FROM expires_at) * 1000)::bigint AS due,
            (extract(epoch FROM created_at) * 1000)::bigint AS made FROM orders.orders
        WHERE status = 'awaiting_payment' AND expires_at > clock_timestamp() + interval '1 second'
        """
    )
    finding.look("deadlines", len(armed))
    finding.look("orders that await payment", len(waiting))
    for order in waiting:
        due = armed.get(order["id"])
        if due is not None and int(due) == order["due"]:
            continue
        if world.run and world.run.lost_between(order["made"], world.now):
            finding.explain("Redis lost it: the sweep finds the order when it is due")
        else:
            finding.violate(order["id"], "an order has no deadline, or another", due=order["due"], armed=due)
