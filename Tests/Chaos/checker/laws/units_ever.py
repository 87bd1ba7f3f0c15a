"""No unit was ever given to an order while another had it.

The ledger has each allocation that was made and each that was taken back, in their order: of one unit they alternate,
and who gives back is who had it. At the end, who has it is who the table says. No exception.
"""

from ..report import Finding
from ..tables import none
from ..world import World

NEEDS = ("ledger",)


def judge(world: World, finding: Finding) -> None:
    finding.look("units given or taken back", world.value("SELECT count(*) FROM checker.units"))
    none(
        world,
        finding,
        "a unit was given while it was held, or taken from another than who had it",
        """
        SELECT ticket_id AS id_ticket, order_id AS id_order, before_order AS id_before, unit, seq, at,
            CASE WHEN given THEN 'given' ELSE 'taken back' END AS now,
            CASE WHEN before IS NULL THEN 'never given' WHEN before THEN 'given' ELSE 'taken back' END AS before
        FROM (SELECT *, lag(given) OVER turns AS before, lag(order_id) OVER turns AS before_order
              FROM checker.units WINDOW turns AS (PARTITION BY ticket_id, unit ORDER BY seq)) AS turns
        WHERE given IS NOT DISTINCT FROM coalesce(before, false) OR (NOT given AND before_order <> order_id)
        """,
    )
    none(
        world,
        finding,
        "who has a unit is not who it was given to last",
        """
        SELECT ticket_id AS id_ticket, told.order_id AS id_told, held.order_id AS id_held, unit
        FROM (SELECT DISTINCT ON (ticket_id, unit) ticket_id, unit, CASE WHEN given THEN order_id END AS order_id
              FROM checker.units ORDER BY ticket_id, unit, seq DESC) AS told
        FULL JOIN orders.allocations AS held USING (ticket_id, unit)
        WHERE told.order_id IS DISTINCT FROM held.order_id
        """,
    )
