"""Nothing happens to an order without its cause: it expires only after its hold, dies of a ban only where its buyer was
banned, of a failed payment only where that attempt failed, and is confirmed, complete or refunded only after payments
has told of the very attempt and amount.

Its price is one that the listing had. By the clock of whoever decided. Causes in dropped partitions are not asked for.
"""

from ..report import Finding
from ..tables import has_all_events, none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    finding.look("orders that ended or were paid", world.value(
        "SELECT count(*) FROM orders.orders WHERE status <> 'awaiting_payment'"))
    none(
        world,
        finding,
        "an order expired before its hold was over",
        """
        SELECT id, expires_at, updated_at FROM orders.orders
        WHERE status = 'cancelled' AND reason = 'expired' AND updated_at < expires_at
        """,
    )
    if has_all_events(world, "users"):
        none(
            world,
            finding,
            "an order died of a ban, and its buyer was never banned",
            """
            SELECT id, user_id AS id_user FROM orders.orders AS own
            WHERE reason = 'buyer_banned' AND NOT EXISTS (
                SELECT FROM users.outbox WHERE subject = own.user_id::text AND body::json ->> 'status' = 'banned')
            """,
        )
    if has_all_events(world, "payments"):
        for what, condition, type in (
            ("an order was claimed by an attempt that was never authorised", "attempt IS NOT NULL", "PaymentAuthorized"),
            ("an order is complete, and was never charged", "status = 'complete'", "ChargeCreated"),
            ("an order is refunded, and nothing was given back", "status = 'refunded'", "ChargeRefunded"),
            ("an order died of a payment that did not fail", "reason = 'payment_failed'", "PaymentFailed"),
        ):
            none(
                world,
                finding,
                what,
                f"""
                SELECT id, status, attempt, total, currency FROM orders.orders AS own
                WHERE {condition} AND NOT EXISTS (
                    SELECT FROM payments.outbox WHERE subject = own.id::text AND type = '{type}'
                        AND (body::json ->> 'attempt')::int = own.attempt
                        AND (body::json ->> 'amount')::bigint = own.total AND body::json ->> 'currency' = own.currency)
                """,
            )
    if has_all_events(world, "tickets"):
        none(
            world,
            finding,
            "an order's price is none that its ticket ever had",
            """
            SELECT id, ticket_id AS id_ticket, ticket_title, price, currency FROM orders.orders AS own
            WHERE NOT EXISTS (
                SELECT FROM tickets.outbox WHERE subject = own.ticket_id::text AND body::json ->> 'title' = ticket_title
                    AND (body::json ->> 'price')::bigint = price AND body::json ->> 'currency' = own.currency)
            """,
        )
