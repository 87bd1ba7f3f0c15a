"""No order awaits payment past the end of its hold by more than the bound.

The bound is the run's `expiryLateSeconds`, else 75 s: the sweep's interval plus the time for a takeover. Times are
PostgreSQL's.
"""

from ..report import LawResult
from ..system import System


def check(system: System, result: LawResult) -> None:
    bound = float((system.run.limits.get("expiryLateSeconds") if system.run else None) or 75)
    result.count("orders", system.value("SELECT count(*) FROM orders.orders"))
    for row in system.query(
        """
        SELECT id::text, expires_at, extract(epoch FROM clock_timestamp() - expires_at)::float AS late
        FROM orders.orders WHERE status = 'awaiting_payment' AND expires_at < clock_timestamp() ORDER BY expires_at
        """
    ):
        if row["late"] > bound:
            result.add_violation(
                row["id"], "an order awaits payment past the end of its hold", bound_seconds=bound, **row
            )  # fmt: skip
