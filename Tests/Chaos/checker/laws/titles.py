"""A seat is listed again only by its buyer, unless its sale is void: the order was refunded, or an admin took the
listing down as a scam. Unless a sale is void, the seller of the next sale has bought it. The numbers of the sales of a
seat have no gap.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System


def check(system: System, result: LawResult) -> None:
    result.count("listed seats", system.value("SELECT count(*) FROM tickets.seats"))
    result.count("seats listed again", system.value("SELECT count(*) FROM tickets.seats WHERE sale > 1"))
    expect_no_rows(
        system,
        result,
        "a seat is listed again by somebody else than its buyer",
        """
        SELECT again.ticket_id AS id_ticket, own.seller_id AS id_seller, again.seat_key, again.sale,
            (SELECT min(before.ticket_id::text) FROM tickets.seats AS before
             WHERE before.performance_id = again.performance_id AND before.seat_key = again.seat_key
                AND before.sale = again.sale - 1) AS id_before
        FROM tickets.seats AS again JOIN tickets.tickets AS own ON own.id = again.ticket_id
        WHERE again.sale > 1 AND NOT EXISTS (
            SELECT FROM tickets.seats AS before
            JOIN orders.orders AS paid ON paid.ticket_id = before.ticket_id AND before.unit = ANY(paid.units)
            WHERE before.performance_id = again.performance_id AND before.seat_key = again.seat_key
                AND before.sale = again.sale - 1 AND paid.status IN ('complete', 'refunded')
                AND (paid.user_id = own.seller_id OR paid.status = 'refunded' OR EXISTS (
                    SELECT FROM tickets.moderation_log
                    WHERE listing_id = before.ticket_id AND kind = 'taken_down' AND reason = 'scam')))
        """,
        system.lost.rows,
    )
