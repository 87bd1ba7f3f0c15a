"""No refresh token ever has two valid successors: of each session exactly one token is not yet changed for the next.

And who is banned, has no session that lives. Sessions are forgotten some time after they have ended.
"""

from ..report import Finding
from ..tables import none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    finding.look("sessions", world.value("SELECT count(*) FROM users.sessions"))
    none(
        world,
        finding,
        "a session has not exactly one valid token",
        """
        SELECT sessions.id, user_id AS id_user, count(hash) AS tokens,
            count(hash) FILTER (WHERE rotated_at IS NULL) AS valid
        FROM users.sessions LEFT JOIN users.refresh_tokens ON session_id = sessions.id
        GROUP BY sessions.id HAVING count(hash) FILTER (WHERE rotated_at IS NULL) <> 1
        """,
    )
    none(
        world,
        finding,
        "a session of somebody who is banned lives",
        """
        SELECT sessions.id, user_id AS id_user FROM users.sessions JOIN users.users ON users.id = user_id
        WHERE status = 'banned' AND ended_at IS NULL
        """,
    )
