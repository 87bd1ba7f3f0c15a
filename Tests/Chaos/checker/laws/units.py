"""No unit of a ticket is two orders', and what is allocated is exactly what the orders that live hold.

Each order that is not cancelled has as many units of its own ticket as its quantity (a refunded one too: its units stay
off sale), a cancelled one has none. A ticket's `held` is the number of its allocations; every unit below `next_unit` is
either allocated or free, never both. No exception.
"""

from ..report import Finding
from ..tables import none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    finding.look("allocations", world.value("SELECT count(*) FROM orders.allocations"))
    finding.look("orders", world.value("SELECT count(*) FROM orders.orders"))
    none(
        world,
        finding,
        "a unit is two orders'",
        """
        SELECT ticket_id AS id_ticket, unit, array_agg(order_id::text) AS orders FROM orders.allocations
        GROUP BY ticket_id, unit HAVING count(*) > 1
        """,
    )
    none(
        world,
        finding,
        "an order does not hold what it must",
        """
        SELECT own.id, own.ticket_id AS id_ticket, own.status, own.quantity, coalesce(held.units, '{}') AS units
        FROM orders.orders AS own
        LEFT JOIN (SELECT order_id, ticket_id, array_agg(unit ORDER BY unit) AS units FROM orders.allocations
                   GROUP BY order_id, ticket_id) AS held ON held.order_id = own.id AND held.ticket_id = own.ticket_id
        WHERE coalesce(cardinality(held.units), 0) <> CASE WHEN own.status = 'cancelled' THEN 0 ELSE own.quantity END
        """,
    )
    none(
        world,
        finding,
        "a unit is held by no order of that ticket",
        """
        SELECT order_id AS id_order, ticket_id AS id_ticket, unit FROM orders.allocations AS held
        WHERE NOT EXISTS (SELECT FROM orders.orders WHERE id = held.order_id AND ticket_id = held.ticket_id)
        """,
    )
    none(
        world,
        finding,
        "a ticket's count of held units is not the number of its allocations",
        """
        SELECT id, held, coalesce(counted, 0) AS allocations FROM orders.tickets
        LEFT JOIN (SELECT ticket_id, count(*) AS counted FROM orders.allocations GROUP BY ticket_id) AS all_held
            ON ticket_id = id
        WHERE held <> coalesce(counted, 0)
        """,
    )
    none(
        world,
        finding,
        "units are neither allocated nor free, or both",
        """
        SELECT own.id, next_unit,
            (SELECT array_agg(unit ORDER BY unit) FROM orders.allocations WHERE ticket_id = own.id) AS allocated,
            (SELECT array_agg(unit ORDER BY unit) FROM orders.free_units WHERE ticket_id = own.id) AS free
        FROM orders.tickets AS own
        JOIN (SELECT ticket_id, count(*) AS entries, count(DISTINCT unit) AS units, max(unit) AS largest FROM (
                  SELECT ticket_id, unit FROM orders.allocations
                  UNION ALL SELECT ticket_id, unit FROM orders.free_units) AS known GROUP BY ticket_id) AS known
            ON known.ticket_id = own.id
        WHERE entries <> units OR units <> next_unit - 1 OR largest >= next_unit
        UNION ALL
        SELECT id, next_unit, NULL, NULL FROM orders.tickets AS own
        WHERE next_unit > 1 AND NOT EXISTS (SELECT FROM orders.allocations WHERE ticket_id = own.id)
            AND NOT EXISTS (SELECT FROM orders.free_units WHERE ticket_id = own.id)
        """,
    )
