"""Once all is quiet, what a listing counts as held and as sold is the sum of its orders.

Held: orders that await payment or are confirmed. Sold: complete ones, and refunded ones, whose units stay off sale.
"""

from ..report import Finding
from ..tables import none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    finding.look("listings", world.value("SELECT count(*) FROM tickets.tickets"))
    none(
        world,
        finding,
        "a listing's counts are not the sum of its orders",
        """
        SELECT id, listing.held, coalesce(own.held, 0) AS held_by_orders, listing.sold,
            coalesce(own.sold, 0) AS sold_by_orders
        FROM tickets.tickets AS listing
        LEFT JOIN (SELECT ticket_id, coalesce(sum(quantity) FILTER (WHERE status IN ('awaiting_payment', 'confirmed')), 0)
                       AS held, coalesce(sum(quantity) FILTER (WHERE status IN ('complete', 'refunded')), 0) AS sold
                   FROM orders.orders GROUP BY ticket_id) AS own ON own.ticket_id = listing.id
        WHERE (listing.held, listing.sold) <> (coalesce(own.held, 0), coalesce(own.sold, 0))
        """,
    )
