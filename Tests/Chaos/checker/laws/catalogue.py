"""At rest, each listing agrees with the performance that it names: it has the same title, venue, city and time, and is
on sale only if the performance is scheduled.

The performance is in the catalogue and is not merged into another, and no performance is merged into a merged one. A
listing is suspended exactly while its performance can't be sold, or because another listing has its seats. A listing
of a cancelled performance has no order that awaits payment.
The law `copies` compares the copies. Explained: a failover has lost the performance.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

LISTINGS = """
    FROM tickets.tickets AS listing
    JOIN catalogue.performances AS performance ON performance.id = listing.performance_id
"""


def check(system: System, result: LawResult) -> None:
    result.count("performances", system.value("SELECT count(*) FROM catalogue.performances"))
    result.count(
        "listings of performances",
        system.value("SELECT count(*) FROM tickets.tickets WHERE performance_id IS NOT NULL"),
    )
    lost = system.lost.subjects
    expect_no_rows(
        system,
        result,
        "a listing names a performance that the catalogue does not have, or that was merged into another",
        """
        SELECT listing.id, performance_id AS id_performance, merged_into FROM tickets.tickets AS listing
        LEFT JOIN catalogue.performances AS performance ON performance.id = listing.performance_id
        WHERE performance_id IS NOT NULL AND (performance.id IS NULL OR performance.status = 'merged')
        """,
        lost,
    )
    expect_no_rows(
        system,
        result,
        "a listing differs from its performance",
        f"""
        SELECT listing.id, performance_id AS id_performance, to_json(listing) AS listing,
            to_json(performance) AS performance {LISTINGS}
        WHERE performance.status <> 'merged'
            AND (listing.title, listing.venue, listing.city, listing.starts_at, listing.time_zone) IS DISTINCT FROM
                (performance.title, performance.venue, performance.city, performance.starts_at, performance.time_zone)
        """,
        lost,
    )
    expect_no_rows(
        system,
        result,
        "a listing of a performance that is not scheduled is on sale",
        f"""
        SELECT listing.id, performance_id AS id_performance, performance.status {LISTINGS}
        WHERE NOT listing.withdrawn AND performance.status <> 'scheduled'
        """,
        lost,
    )
    expect_no_rows(
        system,
        result,
        "a listing is suspended, and its performance is scheduled, or the other way round",
        f"""
        SELECT listing.id, performance_id AS id_performance, performance.status, suspended_reason {LISTINGS}
        WHERE performance.status <> 'merged'
            AND NOT (suspended_reason = 'seats_taken' AND performance.status = 'scheduled' AND listing.seats IS NOT NULL)
            AND suspended_reason IS DISTINCT FROM (CASE performance.status
            WHEN 'proposed' THEN 'unpublished' WHEN 'postponed' THEN 'postponed' WHEN 'cancelled' THEN 'event_cancelled'
            WHEN 'rejected' THEN 'event_removed' END)
        """,
        lost,
    )
    expect_no_rows(
        system,
        result,
        "an order of a cancelled event awaits payment",
        """
        SELECT orders.id, listing.id AS id_listing FROM orders.orders
        JOIN tickets.tickets AS listing ON listing.id = ticket_id
        WHERE orders.status = 'awaiting_payment' AND suspended_reason = 'event_cancelled'
        """,
        lost,
    )
    expect_no_rows(
        system,
        result,
        "a performance is merged into a merged one",
        """
        SELECT loser.id, winner.id AS id_winner FROM catalogue.performances AS loser
        JOIN catalogue.performances AS winner ON winner.id = loser.merged_into
        WHERE winner.merged_into IS NOT NULL
        """,
    )
