"""An order only ever moves as its states allow, and what is dead stays dead.

The ledger has each state that an order's row had: it begins as `awaiting_payment`, each change raises the version by
one, `cancelled` and `refunded` are never left, and no order's row is ever deleted. No exception.
"""

from ..report import Finding
from ..tables import none
from ..world import World

NEEDS = ("ledger",)

MOVES = """
    (NULL, 'awaiting_payment'), ('awaiting_payment', 'confirmed'), ('awaiting_payment', 'cancelled'),
    ('confirmed', 'complete'), ('confirmed', 'cancelled'), ('confirmed', 'refunded'), ('complete', 'refunded')
"""


def judge(world: World, finding: Finding) -> None:
    finding.look("changes of orders", world.value("SELECT count(*) FROM checker.states"))
    none(
        world,
        finding,
        "an order changed as no order may",
        f"""
        SELECT order_id AS id, seq, at, old_status, new_status, old_version, new_version FROM checker.states
        WHERE NOT EXISTS (SELECT FROM (VALUES {MOVES}) AS moves (old, new)
                          WHERE old IS NOT DISTINCT FROM old_status AND new = new_status)
            OR new_version IS DISTINCT FROM coalesce(old_version, 0) + 1
        """,
    )
    none(
        world,
        finding,
        "an order's changes do not follow one another",
        """
        SELECT order_id AS id, seq, before AS was, old_status AS began_as FROM (
            SELECT *, lag(new_status) OVER (PARTITION BY order_id ORDER BY seq) AS before FROM checker.states) AS told
        WHERE before IS DISTINCT FROM old_status
        """,
    )
