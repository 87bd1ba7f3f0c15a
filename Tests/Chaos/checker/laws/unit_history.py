"""No unit was ever allocated to an order while another order had it.

The ledger has each allocation and each release, in order. For one unit they alternate, and the order that releases the
unit is the one that had it. At the end, the ledger and the table have the same holder. There are no exceptions.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

REQUIRES = ("ledger",)


def check(system: System, result: LawResult) -> None:
    result.count("allocations and releases", system.value("SELECT count(*) FROM checker.units"))
    expect_no_rows(
        system,
        result,
        "a unit was allocated while another order had it, or released by another order",
        """
        SELECT ticket_id AS id_ticket, order_id AS id_order, before_order AS id_before, unit, seq, at,
            CASE WHEN allocated THEN 'allocated' ELSE 'released' END AS now,
            CASE WHEN before IS NULL THEN 'never allocated' WHEN before THEN 'allocated' ELSE 'released' END AS before
        FROM (SELECT *, lag(allocated) OVER changes AS before, lag(order_id) OVER changes AS before_order
              FROM checker.units WINDOW changes AS (PARTITION BY ticket_id, unit ORDER BY seq)) AS changes
        WHERE allocated IS NOT DISTINCT FROM coalesce(before, false) OR (NOT allocated AND before_order <> order_id)
        """,
    )
    expect_no_rows(
        system,
        result,
        "a unit's holder is not the last order that it was allocated to",
        """
        SELECT ticket_id AS id_ticket, last.order_id AS id_last, held.order_id AS id_held, unit
        FROM (SELECT DISTINCT ON (ticket_id, unit) ticket_id, unit, CASE WHEN allocated THEN order_id END AS order_id
              FROM checker.units ORDER BY ticket_id, unit, seq DESC) AS last
        FULL JOIN orders.allocations AS held USING (ticket_id, unit)
        WHERE last.order_id IS DISTINCT FROM held.order_id
        """,
    )
