"""No order awaits payment past the end of its hold by more than the stated bound.

The bound is the run's (`expiryLateSeconds`), else a minute and a quarter: the sweep's interval, and what a takeover
takes. By PostgreSQL's clock.
"""

from ..report import Finding
from ..world import World


def judge(world: World, finding: Finding) -> None:
    bound = float((world.run.limits.get("expiryLateSeconds") if world.run else None) or 75)
    finding.look("orders", world.value("SELECT count(*) FROM orders.orders"))
    for row in world.query(
        """
        SELECT id::text, expires_at, extract(epoch FROM clock_timestamp() - expires_at)::float AS late
        FROM orders.orders WHERE status = 'awaiting_payment' AND expires_at < clock_timestamp() ORDER BY expires_at
        """
    ):
        if row["late"] > bound:
            finding.violate(row["id"], "an order awaits payment past its hold", bound_seconds=bound, **row)
