"""An order only makes allowed transitions, and a closed order stays closed.

The ledger has each state that an order's row had: it begins as `awaiting_payment`, each change raises the version by
one, `cancelled` and `refunded` are final, and no order's row is ever deleted. A complete order stays complete when it
is frozen and released. After a failover that lost commits, the doctor publishes states again, under versions above
those of the copies.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

REQUIRES = ("ledger",)

TRANSITIONS = """
    (NULL, 'awaiting_payment'), ('awaiting_payment', 'confirmed'), ('awaiting_payment', 'cancelled'),
    ('confirmed', 'complete'), ('confirmed', 'cancelled'), ('confirmed', 'refunded'), ('complete', 'refunded'),
    ('complete', 'complete')
"""


def check(system: System, result: LawResult) -> None:
    result.count("changes of orders", system.value("SELECT count(*) FROM checker.states"))
    expect_no_rows(
        system,
        result,
        "an order made a transition that is not allowed",
        f"""
        SELECT order_id AS id, seq, at, old_status, new_status, old_version, new_version FROM checker.states
        WHERE NOT EXISTS (SELECT FROM (VALUES {TRANSITIONS}) AS transitions (old, new)
                          WHERE old IS NOT DISTINCT FROM old_status AND new = new_status)
            OR new_version IS DISTINCT FROM coalesce(old_version, 0) + 1
        """,
        system.lost.repaired,
    )
    expect_no_rows(
        system,
        result,
        "an order's transitions are not consecutive",
        """
        SELECT order_id AS id, seq, before, old_status FROM (
            SELECT *, lag(new_status) OVER (PARTITION BY order_id ORDER BY seq) AS before FROM checker.states) AS states
        WHERE before IS DISTINCT FROM old_status
        """,
    )
