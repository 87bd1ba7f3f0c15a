"""At rest, a banned user has no listing on sale and no order that awaits payment."""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System


def check(system: System, result: LawResult) -> None:
    result.count("banned users", system.value("SELECT count(*) FROM users.users WHERE status = 'banned'"))
    expect_no_rows(
        system,
        result,
        "an order of a banned user awaits payment",
        """
        SELECT orders.id, users.id AS id_user FROM users.users JOIN orders.orders ON user_id = users.id
        WHERE users.status = 'banned' AND orders.status = 'awaiting_payment'
        """,
    )
    expect_no_rows(
        system,
        result,
        "a listing of a banned user is on sale",
        """
        SELECT tickets.id, users.id AS id_user FROM users.users JOIN tickets.tickets ON seller_id = users.id
        WHERE status = 'banned' AND NOT withdrawn
        """,
    )
