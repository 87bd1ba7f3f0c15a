"""Every change has its one command: each version of a listing and of a user was answered to a command that asked for it,
and each cancellation by its buyer to theirs.

A version that none of the answered commands shows was changed twice by one, or by nobody. Explained: a listing that was
withdrawn because its seller was banned. Inbox rows live 48 hours: what is older than 47 is not asked for. Replies that
show a version again, because nothing was changed, say nothing.
"""

from ..report import Finding
from ..tables import none
from ..world import World

YOUNG = "at > now() - interval '47 hours'"


def judge(world: World, finding: Finding) -> None:
    finding.look("changes of listings", world.value("SELECT count(*) FROM tickets.outbox WHERE type = 'TicketUpdated'"))
    finding.look("changes of users", world.value("SELECT count(*) FROM users.outbox WHERE type = 'UserUpdated'"))
    none(
        world,
        finding,
        "a listing was changed, and no command that was answered did it",
        f"""
        SELECT subject AS id, id AS row, version FROM tickets.outbox AS event
        WHERE type = 'TicketUpdated' AND {YOUNG}
            AND NOT EXISTS (SELECT FROM tickets.inbox WHERE type = 'ChangeTicket' AND outcome = 'done'
                AND reply ->> 'id' = subject AND (reply ->> 'version')::bigint = version)
            AND NOT ((body::json ->> 'withdrawn')::boolean AND EXISTS (
                SELECT FROM users.outbox AS ban WHERE ban.subject = event.body::json ->> 'sellerId'
                    AND ban.body::json ->> 'status' = 'banned'))
        """,
    )
    none(
        world,
        finding,
        "a user was changed, and no command that was answered did it",
        f"""
        SELECT subject AS id, id AS row, version FROM users.outbox
        WHERE type = 'UserUpdated' AND {YOUNG} AND NOT EXISTS (
            SELECT FROM users.inbox WHERE actor IS NOT NULL AND outcome = 'done' AND reply ->> 'id' = subject
                AND (reply ->> 'version')::bigint = version)
        """,
    )
    none(
        world,
        finding,
        "an order was cancelled by its buyer, and no command that was answered did it",
        f"""
        SELECT subject AS id, id AS row FROM orders.outbox
        WHERE type = 'OrderCancelled' AND body::json ->> 'reason' = 'cancelled_by_buyer' AND {YOUNG} AND NOT EXISTS (
            SELECT FROM orders.inbox WHERE type = 'CancelOrder' AND outcome = 'done' AND reply ->> 'id' = subject)
        """,
    )
