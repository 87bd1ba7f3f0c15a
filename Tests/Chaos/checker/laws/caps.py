"""No order was made above the cap of the price policy that it names, and at rest no listing on sale is above the cap of
the policy that is in force at its place.

A policy limits nothing if it is announced or repealed, has ended, sets no cap, or applies only to restricted tickets or
to other events. If a place limits prices by the face value, a listing without one may not be on sale.
"""

from typing import Any

from ..report import LawResult
from ..system import System


def limits(policy: dict[str, Any] | None, event: str | None) -> bool:
    if policy is None or policy["status"] not in ("in_force", "operator") or policy["basis"] == "none":
        return False
    if policy["restricted_tickets_only"] or policy["has_ended"]:
        return False
    return not policy["declared_events_only"] or event in policy["events"]


def is_above(row: dict[str, Any], policy: dict[str, Any]) -> bool:
    """True if the price is above the cap, or can't be compared with it."""
    if row["face_value"] is None:
        return True
    plus = policy["plus"] if policy["currency"] == row["currency"] else 0
    greatest = row["face_value"] * policy["cap_bp"] // 10_000 + plus
    fee = (row["buyer_fee"] or 0) if policy["measured"] == "all_in_ex_tax" else 0
    return row["price"] + fee > greatest


def check(system: System, result: LawResult) -> None:
    policies = system.query(
        """
        SELECT version, jurisdiction, status, basis, cap_bp, plus, currency, measured, restricted_tickets_only,
            declared_events_only, declared_events::text[] AS events,
            coalesce(valid_to < now()::date, false) AS has_ended
        FROM tickets.price_policies ORDER BY version
        """
    )
    by_version = {policy["version"]: policy for policy in policies}
    # For each place, the latest policy whose status is not `announced`.
    current = {policy["jurisdiction"]: policy for policy in policies if policy["status"] != "announced"}
    result.count("price policies", len(policies))
    orders = system.query(
        "SELECT id::text, price, currency, buyer_fee, face_value, policy_version FROM orders.orders "
        "WHERE policy_version IS NOT NULL"
    )
    result.count("orders under a policy", len(orders))
    for row in orders:
        policy = by_version.get(row["policy_version"])
        if policy is None:
            result.add_violation(row["id"], "an order names a price policy that does not exist", **row)
        elif is_above(row, policy):
            result.add_violation(row["id"], "an order is above the cap of its price policy", policy=policy, **row)
    listings = system.query(
        """
        SELECT listing.id::text, price, currency, buyer_fee, face_value, country, place, event_id::text AS event
        FROM tickets.tickets AS listing JOIN tickets.performances AS performance ON performance.id = performance_id
        WHERE NOT withdrawn AND performance.starts_at > now()
        """
    )
    result.count("listings on sale at a place", len(listings))
    for row in listings:
        found = (current.get(code) for code in (row["place"], row["country"], "*"))
        policy = next((policy for policy in found if policy and policy["status"] != "repealed"), None)
        if limits(policy, row["event"]) and is_above(row, policy):
            result.add_violation(row["id"], "a listing on sale is above the cap of its place", policy=policy, **row)
