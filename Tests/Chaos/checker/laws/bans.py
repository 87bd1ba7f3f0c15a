"""Once all is quiet, who is banned neither sells nor holds: no listing of theirs is on sale, no order of theirs awaits
payment.
"""

from ..report import Finding
from ..tables import none
from ..world import World


def judge(world: World, finding: Finding) -> None:
    finding.look("banned users", world.value("SELECT count(*) FROM users.users WHERE status = 'banned'"))
    none(
        world,
        finding,
        "an order of somebody who is banned awaits payment",
        """
        SELECT orders.id, users.id AS id_user FROM users.users JOIN orders.orders ON user_id = users.id
        WHERE users.status = 'banned' AND orders.status = 'awaiting_payment'
        """,
    )
    none(
        world,
        finding,
        "a listing of somebody who is banned is on sale",
        """
        SELECT tickets.id, users.id AS id_user FROM users.users JOIN tickets.tickets ON seller_id = users.id
        WHERE status = 'banned' AND NOT withdrawn
        """,
    )
