"""No unit belongs to two orders, and the allocated units are exactly the units of the open and paid orders.

Each order that is not cancelled has as many units of its listing as its quantity (a refunded order too: its units stay
off sale). A cancelled order has none. A listing's `held` is the number of its allocations; every unit below `next_unit`
is either allocated or free, never both. There are no exceptions.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System


def check(system: System, result: LawResult) -> None:
    result.count("allocations", system.value("SELECT count(*) FROM orders.allocations"))
    result.count("orders", system.value("SELECT count(*) FROM orders.orders"))
    expect_no_rows(
        system,
        result,
        "a unit belongs to two orders",
        """
        SELECT ticket_id AS id_ticket, unit, array_agg(order_id::text) AS orders FROM orders.allocations
        GROUP BY ticket_id, unit HAVING count(*) > 1
        """,
    )
    expect_no_rows(
        system,
        result,
        "an order does not have as many units as it must",
        """
        SELECT own.id, own.ticket_id AS id_ticket, own.status, own.quantity, coalesce(held.units, '{}') AS units
        FROM orders.orders AS own
        LEFT JOIN (SELECT order_id, ticket_id, array_agg(unit ORDER BY unit) AS units FROM orders.allocations
                   GROUP BY order_id, ticket_id) AS held ON held.order_id = own.id AND held.ticket_id = own.ticket_id
        WHERE coalesce(cardinality(held.units), 0) <> CASE WHEN own.status = 'cancelled' THEN 0 ELSE own.quantity END
        """,
    )
    expect_no_rows(
        system,
        result,
        "a unit is allocated to no order of its listing",
        """
        SELECT order_id AS id_order, ticket_id AS id_ticket, unit FROM orders.allocations AS held
        WHERE NOT EXISTS (SELECT FROM orders.orders WHERE id = held.order_id AND ticket_id = held.ticket_id)
        """,
    )
    expect_no_rows(
        system,
        result,
        "a listing's held count is not the number of its allocations",
        """
        SELECT id, held, coalesce(counted, 0) AS allocations FROM orders.tickets
        LEFT JOIN (SELECT ticket_id, count(*) AS counted FROM orders.allocations GROUP BY ticket_id) AS all_held
            ON ticket_id = id
        WHERE held <> coalesce(counted, 0)
        """,
    )
    expect_no_rows(
        system,
        result,
        "a unit is neither allocated nor free, or both",
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
