"""No refresh token has two valid successors: each session has exactly one token that was not yet rotated.

A banned user has no active session. Sessions are deleted some time after they have ended.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System


def check(system: System, result: LawResult) -> None:
    result.count("sessions", system.value("SELECT count(*) FROM users.sessions"))
    expect_no_rows(
        system,
        result,
        "a session does not have exactly one valid token",
        """
        SELECT sessions.id, user_id AS id_user, count(hash) AS tokens,
            count(hash) FILTER (WHERE rotated_at IS NULL) AS valid
        FROM users.sessions LEFT JOIN users.refresh_tokens ON session_id = sessions.id
        GROUP BY sessions.id HAVING count(hash) FILTER (WHERE rotated_at IS NULL) <> 1
        """,
    )
    expect_no_rows(
        system,
        result,
        "a banned user has an active session",
        """
        SELECT sessions.id, user_id AS id_user FROM users.sessions JOIN users.users ON users.id = user_id
        WHERE status = 'banned' AND ended_at IS NULL
        """,
    )
