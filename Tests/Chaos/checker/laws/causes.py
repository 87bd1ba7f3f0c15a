"""Every change of an order has a cause. An order expires only after its hold. It is cancelled for a ban only if its
buyer was banned, for a cancelled event only if its listing was suspended for this reason, and for a failed payment only
if that attempt failed. It is confirmed, complete or refunded only after an event of payments with the same attempt and
amount.

The order's price is one that the listing had. Times are by the clock of the deciding service. Causes in an outbox from
which events may have been deleted are not checked. Explained: a failover has lost the cause, but not its event in the
stream.
"""

from ..report import LawResult
from ..sql import expect_no_rows, has_all_events
from ..system import System


def check(system: System, result: LawResult) -> None:
    lost = system.lost.versions
    result.count("orders that ended or were paid", system.value(
        "SELECT count(*) FROM orders.orders WHERE status <> 'awaiting_payment'"))
    expect_no_rows(
        system,
        result,
        "an order expired before the end of its hold",
        """
        SELECT id, expires_at, updated_at FROM orders.orders
        WHERE status = 'cancelled' AND reason = 'expired' AND updated_at < expires_at
        """,
    )
    if has_all_events(system, "users"):
        expect_no_rows(
            system,
            result,
            "a ban cancelled an order, but its buyer was never banned",
            """
            SELECT id, user_id AS id_user FROM orders.orders AS own
            WHERE reason = 'buyer_banned' AND NOT EXISTS (
                SELECT FROM users.outbox WHERE subject = own.user_id::text AND body::json ->> 'status' = 'banned')
            """,
            lost,
        )
    if has_all_events(system, "payments"):
        for what, condition, type in (
            ("an order was claimed by an unauthorised attempt", "attempt IS NOT NULL", "PaymentAuthorized"),
            ("an order is complete, but was never charged", "status = 'complete'", "ChargeCreated"),
            ("an order is refunded, but its charge was not", "status = 'refunded'", "ChargeRefunded"),
            ("a failed payment cancelled an order, but it did not fail", "reason = 'payment_failed'", "PaymentFailed"),
        ):
            expect_no_rows(
                system,
                result,
                what,
                f"""
                SELECT id, status, attempt, total, currency FROM orders.orders AS own
                WHERE {condition} AND NOT EXISTS (
                    SELECT FROM payments.outbox WHERE subject = own.id::text AND type = '{type}'
                        AND (body::json ->> 'attempt')::int = own.attempt
                        AND (body::json ->> 'amount')::bigint = own.total AND body::json ->> 'currency' = own.currency)
                """,
                lost,
            )
    if has_all_events(system, "tickets"):
        expect_no_rows(
            system,
            result,
            "an order was cancelled with its event, which was never cancelled",
            """
            SELECT id, ticket_id AS id_ticket FROM orders.orders AS own
            WHERE reason = 'event_cancelled' AND NOT EXISTS (
                SELECT FROM tickets.outbox WHERE subject = own.ticket_id::text
                    AND body::json -> 'suspended' ->> 'reason' = 'event_cancelled')
            """,
            lost,
        )
        expect_no_rows(
            system,
            result,
            "an order has a price that its listing never had",
            """
            SELECT id, ticket_id AS id_ticket, ticket_title, price, currency FROM orders.orders AS own
            WHERE NOT EXISTS (
                SELECT FROM tickets.outbox WHERE subject = own.ticket_id::text AND body::json ->> 'title' = ticket_title
                    AND (body::json ->> 'price')::bigint = price AND body::json ->> 'currency' = own.currency)
            """,
            lost,
        )
