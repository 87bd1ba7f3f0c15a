"""Each order's events tell its whole story once: every version, in order, along the states, and the last is the row.

Versions run from 1 without a gap, in the order of the outbox; each event's type is its state's; from state to state only
as the states allow; what an order was made with (buyer, ticket, units, price, hold) never changes. Events of dropped
partitions are missed by nobody.
"""

from ..report import Finding
from ..tables import has_all_events, none
from ..world import World

TYPES = """
    ('OrderCreated', 'awaiting_payment'), ('OrderConfirmed', 'confirmed'), ('OrderCompleted', 'complete'),
    ('OrderCancelled', 'cancelled'), ('OrderRefunded', 'refunded')
"""
MOVES = """
    ('awaiting_payment', 'confirmed'), ('awaiting_payment', 'cancelled'), ('confirmed', 'complete'),
    ('confirmed', 'cancelled'), ('confirmed', 'refunded'), ('complete', 'refunded')
"""
STORY = """
    SELECT id AS row, subject, type, version, body::jsonb AS body,
        lag(version) OVER story AS before, lag(body::jsonb) OVER story AS old
    FROM orders.outbox WINDOW story AS (PARTITION BY subject ORDER BY id)
"""
MADE_WITH = "'{userId,ticketId,ticketTitle,details,quantity,price,total,currency,expiresAt,createdAt}'::text[]"


def judge(world: World, finding: Finding) -> None:
    finding.look("orders", world.value("SELECT count(*) FROM orders.orders"))
    finding.look("events", world.value("SELECT count(*) FROM orders.outbox"))
    whole = has_all_events(world, "orders")
    none(
        world,
        finding,
        "an order's versions do not follow one another",
        f"""
        SELECT subject AS id, row, type, version, before FROM ({STORY}) AS story
        WHERE CASE WHEN before IS NULL THEN version <> 1 AND {whole} ELSE version <> before + 1 END
        """,
    )
    none(
        world,
        finding,
        "an order's event is not of its state, or the state does not follow from the one before",
        f"""
        SELECT subject AS id, row, type, body ->> 'status' AS status, old ->> 'status' AS before
        FROM ({STORY}) AS story
        WHERE NOT EXISTS (SELECT FROM (VALUES {TYPES}) AS types (type, status)
                          WHERE types.type = story.type AND types.status = body ->> 'status')
            OR CASE WHEN old IS NULL THEN version = 1 AND body ->> 'status' <> 'awaiting_payment'
                    ELSE NOT EXISTS (SELECT FROM (VALUES {MOVES}) AS moves (old, new)
                                     WHERE moves.old = story.old ->> 'status' AND new = body ->> 'status') END
        """,
    )
    none(
        world,
        finding,
        "what an order was made with has changed",
        f"""
        SELECT subject AS id, row, version, name, old -> name AS old, body -> name AS new
        FROM ({STORY}) AS story, unnest({MADE_WITH}) AS name
        WHERE old IS NOT NULL AND old -> name IS DISTINCT FROM body -> name
        """,
    )
    none(
        world,
        finding,
        "an order is not as its last event tells it",
        f"""
        SELECT own.id, own.status, own.version, event.type AS told, event.body AS body
        FROM orders.orders AS own
        LEFT JOIN (SELECT *, body::jsonb AS told FROM orders.outbox) AS event
            ON event.subject = own.id::text AND event.version = own.version
        WHERE CASE WHEN event.id IS NULL THEN {whole} ELSE
            (own.user_id::text, own.ticket_id::text, own.ticket_title, own.quantity, own.price, own.total,
             own.currency, own.status, own.reason, own.attempt, own.version)
            IS DISTINCT FROM
            (told ->> 'userId', told ->> 'ticketId', told ->> 'ticketTitle', (told ->> 'quantity')::int,
             (told ->> 'price')::bigint, (told ->> 'total')::bigint, told ->> 'currency', told ->> 'status',
             told ->> 'reason', (told ->> 'attempt')::int, (told ->> 'version')::bigint)
            OR (own.expires_at, own.created_at, own.updated_at) IS DISTINCT FROM
               ((told ->> 'expiresAt')::timestamptz, (told ->> 'createdAt')::timestamptz,
                (told ->> 'updatedAt')::timestamptz) END
        """,
    )
    none(
        world,
        finding,
        "events tell of an order that is not there, or further than it is",
        """
        SELECT event.subject AS id, max(event.version) AS told, own.version FROM orders.outbox AS event
        LEFT JOIN orders.orders AS own ON own.id::text = event.subject
        GROUP BY event.subject, own.version HAVING own.version IS NULL OR max(event.version) > own.version
        """,
    )
