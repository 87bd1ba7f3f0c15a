"""While no fault lasts, an order is cancelled within the bound after the end of its hold, and never before it.

The time is measured from the end of the hold until the recorder saw `OrderCancelled` in the stream, by the harness's
clock. Time during a fault, and the five seconds after a fault, do not count. An expiry more than a second early is
explained only by a clock jump.
"""

from datetime import datetime

from ..report import LawResult
from ..system import System

REQUIRES = ("run",)

SETTLE_SECONDS = 5


def check(system: System, result: LawResult) -> None:
    bound = float(system.run.limits.get("expiryLateSeconds") or 75)
    key = system.key("events", "orders")
    expired = {
        row["id"]: row
        for row in system.query(
            """
            SELECT id::text, (extract(epoch FROM expires_at) * 1000)::bigint AS due,
                (extract(epoch FROM created_at) * 1000)::bigint AS created FROM orders.orders WHERE reason = 'expired'
            """
        )
    }
    # A cancellation that a failover lost does not count, because the order may have expired again later.
    lost = {event for _, event in system.lost.events["orders"]}
    seen_at: dict[str, float] = {}
    for line in system.run.history:
        fields = line.get("fields") or {}
        if line.get("stream") == key and fields.get("type") == "OrderCancelled" and fields["id"] not in lost:
            seen_at.setdefault(fields.get("subject", ""), float(line["t"]))
    jumps = [fault for fault in system.run.faults if fault.kind == "clock_jump"]
    max_late = max_without_faults = 0.0
    for id, row in expired.items():
        at = seen_at.get(id)
        if at is None:
            continue
        result.count("expired orders", 1)
        late = (at - row["due"]) / 1000
        without_faults = system.run.seconds_without_faults(row["due"], at, SETTLE_SECONDS) if late > 0 else 0
        max_late, max_without_faults = max(max_late, late), max(max_without_faults, without_faults)
        if without_faults > bound:
            result.add_violation(
                id, "an order expired late", late_seconds=late, seconds_without_faults=without_faults, bound=bound
            )  # fmt: skip
        if late < -1:
            if any(jump.overlaps(row["created"] - 7_200_000, at + 1000) for jump in jumps):
                result.explain("a clock had jumped")
            else:
                due = datetime.fromtimestamp(row["due"] / 1000).isoformat()
                result.add_violation(
                    id, "an order expired before the end of its hold", early_seconds=-late, due=due
                )  # fmt: skip
    result.notes.append(f"at most {max_late:.1f} s late, at most {max_without_faults:.1f} s of them without a fault")
