"""Each order's events have every version once and in order, and follow the allowed transitions. The last one agrees
with the order's row.

Versions run from 1 without a gap, in the order of the outbox; each event's type matches its status; each transition is
an allowed one; the fields that an order was created with (buyer, listing, units, price, hold) never change. Events of
dropped partitions are not required. After a failover that lost commits, the doctor publishes states again, as new
versions.
"""

from ..report import LawResult
from ..sql import expect_no_rows, has_all_events
from ..system import System

TYPES = """
    ('OrderCreated', 'awaiting_payment'), ('OrderConfirmed', 'confirmed'), ('OrderCompleted', 'complete'),
    ('OrderCancelled', 'cancelled'), ('OrderRefunded', 'refunded')
"""
TRANSITIONS = """
    ('awaiting_payment', 'confirmed'), ('awaiting_payment', 'cancelled'), ('confirmed', 'complete'),
    ('confirmed', 'cancelled'), ('confirmed', 'refunded'), ('complete', 'refunded'), ('complete', 'complete')
"""
EVENTS = """
    SELECT id AS row, subject, type, version, body::jsonb AS body,
        lag(version) OVER events AS before, lag(body::jsonb) OVER events AS old
    FROM orders.outbox WINDOW events AS (PARTITION BY subject ORDER BY id)
"""
IMMUTABLE = "'{userId,ticketId,ticketTitle,details,quantity,price,total,currency,expiresAt,createdAt}'::text[]"


def check(system: System, result: LawResult) -> None:
    result.count("orders", system.value("SELECT count(*) FROM orders.orders"))
    result.count("events", system.value("SELECT count(*) FROM orders.outbox"))
    is_complete = has_all_events(system, "orders")
    expect_no_rows(
        system,
        result,
        "an order's versions are not consecutive",
        f"""
        SELECT subject AS id, row, type, version, before FROM ({EVENTS}) AS events
        WHERE CASE WHEN before IS NULL THEN version <> 1 AND {is_complete} ELSE version <> before + 1 END
        """,
    )
    expect_no_rows(
        system,
        result,
        "an order's event does not match its status, or the transition is not allowed",
        f"""
        SELECT subject AS id, row, type, body ->> 'status' AS status, old ->> 'status' AS before
        FROM ({EVENTS}) AS events
        WHERE NOT EXISTS (SELECT FROM (VALUES {TYPES}) AS types (type, status)
                          WHERE types.type = events.type AND types.status = body ->> 'status')
            OR CASE WHEN old IS NULL THEN version = 1 AND body ->> 'status' <> 'awaiting_payment'
                    ELSE NOT EXISTS (SELECT FROM (VALUES {TRANSITIONS}) AS transitions (old, new)
                                     WHERE transitions.old = events.old ->> 'status' AND new = body ->> 'status') END
            OR body ->> 'status' = 'complete' AND old ->> 'status' = 'complete'
                AND (body -> 'frozenAt') IS NOT DISTINCT FROM (old -> 'frozenAt')
            OR body ->> 'status' <> 'complete' AND body ? 'frozenAt'
        """,
        system.lost.repaired,
    )
    expect_no_rows(
        system,
        result,
        "a field that an order was created with has changed",
        f"""
        SELECT subject AS id, row, version, name, old -> name AS old, body -> name AS new
        FROM ({EVENTS}) AS events, unnest({IMMUTABLE}) AS name
        WHERE old IS NOT NULL AND old -> name IS DISTINCT FROM body -> name
        """,
    )
    expect_no_rows(
        system,
        result,
        "an order differs from its last event",
        f"""
        SELECT own.id, own.status, own.version, event.type AS type, event.body AS body
        FROM orders.orders AS own
        LEFT JOIN (SELECT *, body::jsonb AS state FROM orders.outbox) AS event
            ON event.subject = own.id::text AND event.version = own.version
        WHERE CASE WHEN event.id IS NULL THEN {is_complete} ELSE
            (own.user_id::text, own.ticket_id::text, own.ticket_title, own.quantity, own.price, own.total,
             own.currency, own.status, own.reason, own.attempt, own.version)
            IS DISTINCT FROM
            (state ->> 'userId', state ->> 'ticketId', state ->> 'ticketTitle', (state ->> 'quantity')::int,
             (state ->> 'price')::bigint, (state ->> 'total')::bigint, state ->> 'currency', state ->> 'status',
             state ->> 'reason', (state ->> 'attempt')::int, (state ->> 'version')::bigint)
            OR (own.expires_at, own.created_at, own.updated_at) IS DISTINCT FROM
               ((state ->> 'expiresAt')::timestamptz, (state ->> 'createdAt')::timestamptz,
                (state ->> 'updatedAt')::timestamptz) END
        """,
    )
    expect_no_rows(
        system,
        result,
        "an order of an event is missing, or older than the event",
        """
        SELECT event.subject AS id, max(event.version) AS published, own.version FROM orders.outbox AS event
        LEFT JOIN orders.orders AS own ON own.id::text = event.subject
        GROUP BY event.subject, own.version HAVING own.version IS NULL OR max(event.version) > own.version
        """,
    )
