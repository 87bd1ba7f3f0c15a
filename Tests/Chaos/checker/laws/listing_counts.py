"""At rest, a listing's held and sold counts are the sums of its orders.

Held units belong to orders that await payment or are confirmed. Sold units belong to complete orders, and to refunded
orders, whose units stay off sale.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System


def check(system: System, result: LawResult) -> None:
    result.count("listings", system.value("SELECT count(*) FROM tickets.tickets"))
    expect_no_rows(
        system,
        result,
        "a listing's counts are not the sums of its orders",
        """
        SELECT id, listing.held, coalesce(own.held, 0) AS held_by_orders, listing.sold,
            coalesce(own.sold, 0) AS sold_by_orders
        FROM tickets.tickets AS listing
        LEFT JOIN (SELECT ticket_id,
                       coalesce(sum(quantity) FILTER (WHERE status IN ('awaiting_payment', 'confirmed')), 0) AS held,
                       coalesce(sum(quantity) FILTER (WHERE status IN ('complete', 'refunded')), 0) AS sold
                   FROM orders.orders GROUP BY ticket_id) AS own ON own.ticket_id = listing.id
        WHERE (listing.held, listing.sold) <> (coalesce(own.held, 0), coalesce(own.sold, 0))
        """,
    )
