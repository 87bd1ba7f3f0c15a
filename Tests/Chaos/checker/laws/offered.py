"""Never more units of a ticket were held at once than its seller ever offered.

The orders' events in the order of the outbox, which is that of their commits: what is created and not cancelled, summed
for each ticket, stays within the largest quantity that any version of the listing had. (Which of its versions the orders
service knew at that moment is not in the events, so a smaller quantity that it had heard of is not the bound.) Events
of dropped partitions are not judged.
"""

from ..report import Finding
from ..tables import has_all_events, none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    if not (has_all_events(world, "orders") and has_all_events(world, "tickets")):
        finding.explain("the outbox has been cut: the beginning is not known")
        return
    finding.look("orders made", world.value("SELECT count(*) FROM orders.outbox WHERE type = 'OrderCreated'"))
    none(
        world,
        finding,
        "more was held than was ever offered",
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
    )
