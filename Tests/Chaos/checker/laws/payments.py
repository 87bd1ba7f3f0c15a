"""Once all is quiet, payments has nothing under way: no call without an outcome, nobody waiting for a page, every
attempt where its order wants it.

A complete order's claimed attempt is `captured`, a refunded one's `refunded`, and every other attempt of an order that
is paid or dead is at its end; an order that awaits payment may have one open page. Amount and currency of each attempt
are the order's.
"""

from ..report import Finding
from ..tables import none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    finding.look("attempts", world.value("SELECT count(*) FROM payments.attempts"))
    finding.look("calls", world.value("SELECT count(*) FROM payments.calls"))
    none(
        world,
        finding,
        "a call to Stripe has no outcome",
        """
        SELECT order_id AS id, attempt, operation, try, runs, failures, error, created_at, due_at FROM payments.calls
        WHERE state = 'pending'
        """,
    )
    none(
        world,
        finding,
        "somebody waits for a page to pay at",
        "SELECT order_id AS id, command_id AS id_command, created_at FROM payments.waiting",
    )
    none(
        world,
        finding,
        "an attempt is not where its order wants it",
        """
        SELECT own.id, number AS attempt, state, own.status, own.attempt AS claimed, look_at, looks, failure
        FROM payments.attempts AS tried JOIN orders.orders AS own ON own.id = tried.order_id
        WHERE NOT CASE
            WHEN own.status = 'awaiting_payment' THEN state IN ('open', 'dead', 'refunded')
            WHEN own.status = 'complete' AND own.attempt = number THEN state = 'captured'
            WHEN own.status = 'refunded' AND own.attempt = number THEN state = 'refunded'
            WHEN own.status = 'confirmed' THEN false
            ELSE state IN ('dead', 'refunded') END
        """,
    )
    none(
        world,
        finding,
        "an order is confirmed, and its capture is not under way",
        "SELECT id, attempt, updated_at FROM orders.orders WHERE status = 'confirmed'",
    )
    none(
        world,
        finding,
        "an attempt asks for another amount or currency than its order",
        """
        SELECT own.id, number AS attempt, amount, tried.currency, total, own.currency AS of_order
        FROM payments.attempts AS tried JOIN orders.orders AS own ON own.id = tried.order_id
        WHERE (amount, tried.currency) <> (total, own.currency)
        """,
    )
    none(
        world,
        finding,
        "an attempt is of no order, or the claimed one is not there",
        """
        SELECT coalesce(own.id, tried.order_id) AS id, own.attempt AS claimed, number FROM payments.attempts AS tried
        FULL JOIN (SELECT * FROM orders.orders WHERE attempt IS NOT NULL) AS own
            ON own.id = tried.order_id AND own.attempt = tried.number
        WHERE number IS NULL OR NOT EXISTS (SELECT FROM orders.orders WHERE id = tried.order_id)
        """,
    )
