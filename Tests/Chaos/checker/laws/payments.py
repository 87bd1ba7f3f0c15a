"""At rest, payments has no work in progress: no call without an outcome, no buyer waiting for a page, and every attempt
in the state that its order requires.

A complete order's claimed attempt is `captured`, a refunded order's is `refunded`, and every other attempt of an order
is `dead` or `refunded`. An attempt of an order that awaits payment may also be `open`. No order is `confirmed`. Each
attempt has its order's amount and currency.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System


def check(system: System, result: LawResult) -> None:
    result.count("attempts", system.value("SELECT count(*) FROM payments.attempts"))
    result.count("calls", system.value("SELECT count(*) FROM payments.calls"))
    expect_no_rows(
        system,
        result,
        "a call to Stripe has no outcome",
        """
        SELECT order_id AS id, attempt, operation, try, runs, failures, error, created_at, due_at FROM payments.calls
        WHERE state = 'pending'
        """,
    )
    expect_no_rows(
        system,
        result,
        "a buyer is waiting for a page",
        "SELECT order_id AS id, command_id AS id_command, created_at FROM payments.waiting",
    )
    expect_no_rows(
        system,
        result,
        "an attempt is not in the state that its order requires",
        """
        SELECT own.id, number AS attempt, state, own.status, own.attempt AS claimed, look_at, looks, failure
        FROM payments.attempts AS known JOIN orders.orders AS own ON own.id = known.order_id
        WHERE NOT CASE
            WHEN own.status = 'awaiting_payment' THEN state IN ('open', 'dead', 'refunded')
            WHEN own.status = 'complete' AND own.attempt = number THEN state = 'captured'
            WHEN own.status = 'refunded' AND own.attempt = number THEN state = 'refunded'
            WHEN own.status = 'confirmed' THEN false
            ELSE state IN ('dead', 'refunded') END
        """,
    )
    expect_no_rows(
        system,
        result,
        "an order is still confirmed: its capture has not completed",
        "SELECT id, attempt, updated_at FROM orders.orders WHERE status = 'confirmed'",
    )
    expect_no_rows(
        system,
        result,
        "an attempt's amount or currency is not its order's",
        """
        SELECT own.id, number AS attempt, amount, known.currency, total, own.currency AS order_currency
        FROM payments.attempts AS known JOIN orders.orders AS own ON own.id = known.order_id
        WHERE (amount, known.currency) <> (total, own.currency)
        """,
    )
    expect_no_rows(
        system,
        result,
        "an attempt has no order, or a claimed attempt is missing",
        """
        SELECT coalesce(own.id, known.order_id) AS id, own.attempt AS claimed, number FROM payments.attempts AS known
        FULL JOIN (SELECT * FROM orders.orders WHERE attempt IS NOT NULL) AS own
            ON own.id = known.order_id AND own.attempt = known.number
        WHERE number IS NULL OR NOT EXISTS (SELECT FROM orders.orders WHERE id = known.order_id)
        """,
        system.lost.rows,
    )
