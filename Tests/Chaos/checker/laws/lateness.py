"""While nothing is broken, an order is over within the stated bound after the end of its hold; and never before it.

Measured from the end of its hold to when the recorder saw `OrderCancelled` in the stream, by the harness's clock; time
during which a fault lasted, and five seconds after each, does not count. Early by more than a second is explained only
by a clock that jumped meanwhile.
"""

from datetime import datetime

from ..report import Finding
from ..world import World

NEEDS = ("run",)

SETTLE_SECONDS = 5


def judge(world: World, finding: Finding) -> None:
    bound = float(world.run.limits.get("expiryLateSeconds") or 75)
    key = world.key("events", "orders")
    expired = {
        row["id"]: row
        for row in world.query(
            """
            SELECT id::text, (extract(epoch FROM expires_at) * 1000)::bigint AS due,
                (extract(epoch FROM created_at) * 1000)::bigint AS made FROM orders.orders WHERE reason = 'expired'
            """
        )
    }
    told: dict[str, float] = {}
    for line in world.run.history:
        fields = line.get("fields") or {}
        if line.get("stream") == key and fields.get("type") == "OrderCancelled":
            told.setdefault(fields.get("subject", ""), float(line["t"]))
    jumps = [fault for fault in world.run.faults if fault.kind == "clock_jump"]
    most = most_healthy = 0.0
    for id, row in expired.items():
        at = told.get(id)
        if at is None:
            continue
        finding.look("orders that expired", 1)
        late = (at - row["due"]) / 1000
        healthy = world.run.healthy_seconds(row["due"], at, SETTLE_SECONDS) if late > 0 else 0
        most, most_healthy = max(most, late), max(most_healthy, healthy)
        if healthy > bound:
            finding.violate(id, "an order expired late", late_seconds=late, healthy_seconds=healthy, bound=bound)
        if late < -1:
            if any(jump.overlaps(row["made"] - 7_200_000, at + 1000) for jump in jumps):
                finding.explain("a clock had jumped")
            else:
                finding.violate(id, "an order expired before its hold was over", early_seconds=-late,
                                due=datetime.fromtimestamp(row["due"] / 1000).isoformat())  # fmt: skip
    finding.notes.append(f"at most {most:.1f} s late, {most_healthy:.1f} s of them while nothing was broken")
