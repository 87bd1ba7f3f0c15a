"""No buyer ever had more unpaid orders at a time than the limit allows.

The ledger has each state of each order. A buyer's orders change under a lock on the buyer, so the ledger has the
changes of one buyer in the order of their commits. Unpaid orders are counted at the end of each transaction, because a
batch writes its new orders before it changes others. The limit is the run's `openHolds`; without a limit, nothing is
checked.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

REQUIRES = ("ledger", "run")


def check(system: System, result: LawResult) -> None:
    limit = system.run.limits.get("openHolds")
    if not limit:
        result.explain("the run had no limit")
        return
    result.count("holds", system.value("SELECT count(*) FROM checker.states WHERE new_status = 'awaiting_payment'"))
    expect_no_rows(
        system,
        result,
        "a buyer had more unpaid orders than the limit allows",
        f"""
        SELECT user_id AS id_user, order_id AS id_order, seq AS row, at, open FROM (
            SELECT user_id, order_id, seq, at, sum(change) OVER (PARTITION BY user_id ORDER BY seq) AS open,
                seq = max(seq) OVER (PARTITION BY user_id, tx) AS is_last
            FROM (
                SELECT user_id, order_id, seq, at, tx,
                    (new_status IS NOT DISTINCT FROM 'awaiting_payment')::int
                        - (old_status IS NOT DISTINCT FROM 'awaiting_payment')::int AS change
                FROM checker.states JOIN orders.orders ON orders.id = order_id
            ) AS changes
        ) AS running
        WHERE is_last AND open > {int(limit)}
        """,
    )
