"""Each order of a listing with seats has neighbouring seats, and names the seats of its units. Each of its units has
one sale of a seat, and each sale has one order. No two listings claim the same sale of a seat. A listing claims its
seats while it is on sale, and keeps the claim of a seat that an order has. Both services have the same free seats.

Two cases are not errors. The seat of an unpaid order of a withdrawn listing may have no claim, because the listing was
withdrawn before the order was counted, and another listing has claimed the seat since. If a seat was sold at two
performances that were merged later, one of the two paid orders has no claim.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System


def check(system: System, result: LawResult) -> None:
    result.count("listed seats", system.value("SELECT count(*) FROM tickets.seats"))
    result.count("sales of seats", system.value("SELECT count(*) FROM orders.seat_sales"))
    lost = system.lost.rows

    def expect(what: str, sql: str) -> None:
        expect_no_rows(system, result, what, sql, lost)

    expect(
        "an order does not have the neighbouring seats that it names",
        """
        SELECT own.id, own.ticket_id AS id_ticket, own.units, own.seats, held.units AS allocated
        FROM orders.orders AS own JOIN orders.tickets AS listing ON listing.id = own.ticket_id
        CROSS JOIN LATERAL (
            SELECT array_agg(unit ORDER BY unit) AS units FROM orders.allocations WHERE order_id = own.id) AS held
        WHERE listing.seats IS NOT NULL AND (
            own.units IS NULL OR cardinality(own.units) <> own.quantity
            OR own.units[own.quantity] - own.units[1] <> own.quantity - 1
            OR own.seats IS DISTINCT FROM (SELECT array_agg(listing.seats[unit] ORDER BY unit)
                                           FROM unnest(own.units) AS unit)
            OR own.status <> 'cancelled' AND held.units IS DISTINCT FROM own.units)
        """,
    )
    expect(
        "a unit and the sale of its seat do not match",
        """
        SELECT coalesce(held.ticket_id, sold.ticket_id) AS id_ticket, held.order_id AS id_order,
            sold.order_id AS id_sold, coalesce(held.unit, sold.unit) AS unit
        FROM (
            SELECT held.* FROM orders.allocations AS held JOIN orders.tickets AS listing ON listing.id = ticket_id
            WHERE listing.seats IS NOT NULL) AS held
        FULL JOIN orders.seat_sales AS sold USING (ticket_id, unit, order_id)
        WHERE held.unit IS NULL OR sold.unit IS NULL
        """,
    )
    expect(
        "a sale has another seat than its unit",
        """
        SELECT sold.ticket_id AS id_ticket, sold.order_id AS id_order, sold.unit
        FROM orders.seat_sales AS sold LEFT JOIN tickets.seats AS seat USING (ticket_id, unit)
        WHERE (sold.seat_key, sold.sale) IS DISTINCT FROM (seat.seat_key, seat.sale)
        """,
    )
    expect(
        "seats of a listing can't be ordered",
        """
        SELECT id, next_unit, cardinality(seats) AS seats FROM orders.tickets
        WHERE seats IS NOT NULL AND next_unit <> cardinality(seats) + 1
        """,
    )
    expect(
        "the stored seats of a listing differ from the seats that it names",
        """
        SELECT own.id, own.seats, own.sales FROM tickets.tickets AS own
        LEFT JOIN (
            SELECT ticket_id, array_agg(name ORDER BY unit) AS seats, array_agg(sale ORDER BY unit) AS sales,
                array_agg(DISTINCT performance_id) AS performances
            FROM tickets.seats GROUP BY ticket_id) AS kept ON kept.ticket_id = own.id
        WHERE (own.seats, own.sales) IS DISTINCT FROM (kept.seats, kept.sales)
            OR own.seats IS NOT NULL AND kept.performances <> ARRAY[own.performance_id]
        """,
    )
    expect(
        "a seat does not have the orders of its unit",
        """
        SELECT seat.ticket_id AS id_ticket, seat.unit, seat.order_ids, live.order_ids AS live, seat.holder
        FROM tickets.seats AS seat
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(order_id ORDER BY order_id), '{}') AS order_ids,
                (array_agg(user_id) FILTER (WHERE status = 'complete'))[1] AS holder
            FROM tickets.orders WHERE ticket_id = seat.ticket_id AND unit = ANY(units) AND status <> 'cancelled'
        ) AS live
        WHERE (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM unnest(seat.order_ids) AS id) <> live.order_ids
            OR seat.holder IS DISTINCT FROM live.holder
        """,
    )
    expect(
        "the free seats of a listing do not match its orders",
        """
        SELECT own.id, own.free_mask, kept.free AS of_seats, copy.free AS of_orders
        FROM tickets.tickets AS own
        CROSS JOIN LATERAL (
            SELECT coalesce(bit_or(1::bigint << (unit - 1)), 0) AS free FROM tickets.seats
            WHERE ticket_id = own.id AND order_ids = '{}') AS kept
        CROSS JOIN LATERAL (
            SELECT coalesce(bit_or(1::bigint << (unit - 1)), 0) AS free FROM orders.free_units
            WHERE ticket_id = own.id AND unit <= 64) AS copy
        WHERE own.seats IS NOT NULL AND (own.free_mask IS DISTINCT FROM kept.free OR own.free_mask <> copy.free)
        """,
    )
    expect(
        "a seat is claimed without a reason, or is not claimed but should be",
        """
        SELECT seat.ticket_id AS id_ticket, seat.unit, seat.claimed, own.withdrawn, seat.order_ids
        FROM tickets.seats AS seat JOIN tickets.tickets AS own ON own.id = seat.ticket_id
        WHERE seat.claimed AND own.withdrawn AND seat.order_ids = '{}'
            OR NOT seat.claimed AND NOT own.withdrawn
            OR NOT seat.claimed AND EXISTS (
                SELECT FROM tickets.orders
                WHERE order_id = ANY(seat.order_ids) AND status IN ('confirmed', 'complete', 'refunded'))
            AND NOT EXISTS (
                SELECT FROM tickets.seats AS other
                WHERE other.claimed AND (other.performance_id, other.seat_key, other.sale)
                    = (seat.performance_id, seat.seat_key, seat.sale))
        """,
    )
    expect(
        "two listings claim one sale of a seat",
        """
        SELECT performance_id AS id, seat_key, sale, array_agg(ticket_id::text) AS tickets
        FROM tickets.seats WHERE claimed GROUP BY performance_id, seat_key, sale HAVING count(*) > 1
        """,
    )
