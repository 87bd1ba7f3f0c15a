"""A listing never had more units held than its seller ever offered.

The law goes through the orders' events in the order of the outbox, which is the order of their commits. For each
listing, the number of units in orders that were created and not cancelled never exceeds the largest quantity of any
version of the listing. (The events do not show which version the orders service had at that time, so the bound is the
largest quantity.) If events may have been deleted from an outbox, the law is not checked. Explained: a failover has
lost a version of the listing.
"""

from ..report import LawResult
from ..sql import expect_no_rows, has_all_events
from ..system import System


def check(system: System, result: LawResult) -> None:
    if not (has_all_events(system, "orders") and has_all_events(system, "tickets")):
        result.explain("the first partition of an outbox was dropped")
        return
    result.count("orders created", system.value("SELECT count(*) FROM orders.outbox WHERE type = 'OrderCreated'"))
    expect_no_rows(
        system,
        result,
        "more units were held than were ever offered",
        """
        SELECT ticket AS id_ticket, subject AS id_order, id AS row, held, offered FROM (
            SELECT id, subject, ticket, sum(change) OVER (PARTITION BY ticket ORDER BY id) AS held FROM (
                SELECT id, subject, body::json ->> 'ticketId' AS ticket, (body::json ->> 'quantity')::int
                    * CASE type WHEN 'OrderCreated' THEN 1 ELSE -1 END AS change
                FROM orders.outbox WHERE type IN ('OrderCreated', 'OrderCancelled')) AS changes) AS running
        LEFT JOIN (SELECT subject AS ticket, max((body::json ->> 'quantity')::int) AS offered FROM tickets.outbox
                   GROUP BY subject) AS listed USING (ticket)
        WHERE held > coalesce(offered, 0)
        """,
        system.lost.versions,
    )
