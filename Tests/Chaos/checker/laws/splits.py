"""At every committed state, the units that are left of a listing with a split rule can be sold in quantities that the
rule allows, and all its orders have such quantities. If the listing has seats, this holds for each run of free
neighbours in the final state. The orders service has the same rule as the listings service for the same version of a
listing.

Explained: the rule or the quantity of the listing has changed. The listings service may have changed it before it knew
of an order, so that the units left do not fit the new rule, immediately or when that order ends.
"""

from ..report import LawResult
from ..sql import expect_no_rows
from ..system import System

REQUIRES = ("ledger",)


def sums(split_set: int, limit: int) -> list[bool]:
    """True for each number up to the limit that is a sum of members of the set. Bit q - 1 of the set stands for q."""
    members = [quantity for quantity in range(1, 65) if split_set >> (quantity - 1) & 1]
    found = [True]
    for number in range(1, limit + 1):
        found.append(any(quantity <= number and found[number - quantity] for quantity in members))
    return found


def runs(units: list[int]) -> list[int]:
    """The lengths of the runs of neighbours among sorted units."""
    lengths: list[int] = []
    for unit, before in zip(units, [None, *units], strict=False):
        if before is not None and unit == before + 1:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return lengths


def check_runs(system: System, result: LawResult) -> None:
    """Checks each free run in the final state. For earlier states, only the total number of units left is checked."""
    rows = system.query(
        """
        SELECT own.id::text AS ticket, own.split_set, array_agg(unit ORDER BY unit) AS free,
            EXISTS (SELECT FROM checker.splits WHERE ticket_id = own.id AND new_set IS DISTINCT FROM old_set
                        AND old_version IS NOT NULL) AS has_changed
        FROM orders.tickets AS own JOIN orders.free_units ON free_units.ticket_id = own.id
        WHERE own.seats IS NOT NULL AND own.split_set IS NOT NULL GROUP BY own.id, own.split_set
        """
    )
    for row in rows:
        lengths = runs(row["free"])
        if all(sums(row["split_set"], length)[-1] for length in lengths):
            continue
        if row["has_changed"]:
            result.explain("the listing was changed")
        else:
            result.add_violation(row["ticket"], "a run of free seats can't be sold by the split rule", runs=lengths)


def check(system: System, result: LawResult) -> None:
    check_runs(system, result)
    result.count("states of listings with a split rule", system.value("SELECT count(*) FROM checker.splits"))
    states = system.query(
        """
        SELECT new_set, new_left, old_left, has_changed, count(*) AS times, min(ticket_id::text) AS ticket
        FROM (
            SELECT *, count(*) FILTER (
                WHERE new_version > old_version AND (new_set IS DISTINCT FROM old_set OR new_left <> old_left)
            ) OVER (PARTITION BY ticket_id ORDER BY seq) > 0 AS has_changed
            FROM checker.splits
        ) AS states
        WHERE new_set IS NOT NULL
        GROUP BY new_set, new_left, old_left, has_changed ORDER BY new_set, new_left
        """
    )
    for state in states:
        if sums(state["new_set"], state["new_left"])[-1]:
            continue
        if not state["has_changed"]:
            result.add_violation(
                state["ticket"],
                "what is left of a listing can't be sold by its split rule",
                left=state["new_left"],
                before=state["old_left"],
                split_set=state["new_set"],
            )
        else:
            result.explain("the listing was changed", state["times"])
    expect_no_rows(
        system,
        result,
        "the copy of a listing has another split rule",
        """
        SELECT own.id, own.quantity, own.split_rule, copy.split_set
        FROM tickets.tickets AS own JOIN orders.tickets AS copy USING (id, version)
        WHERE copy.split_set IS DISTINCT FROM CASE coalesce(own.split_rule, CASE WHEN own.seats IS NOT NULL THEN 'any' END)
            WHEN 'any' THEN -1
            WHEN 'pairs' THEN x'AAAAAAAAAAAAAAAA'::bigint
            WHEN 'no_single' THEN -2
            WHEN 'all_together' THEN 1::bigint << (own.quantity - 1)
            ELSE (SELECT bit_or(1::bigint << (quantity::int - 1))
                  FROM unnest(string_to_array(own.split_rule, ',')) AS quantity) END
        """,
    )
    expect_no_rows(
        system,
        result,
        "an order has a quantity that the split rule forbids",
        """
        SELECT own.id, own.ticket_id AS id_ticket, own.quantity, rule.split_set
        FROM (
            SELECT ticket_id, min(new_set) AS split_set FROM checker.splits GROUP BY ticket_id
            HAVING bool_or(old_version IS NULL) AND count(DISTINCT new_set) = 1
                AND bool_and(new_set IS NOT NULL)
        ) AS rule
        JOIN orders.orders AS own ON own.ticket_id = rule.ticket_id
        WHERE own.quantity > 64 OR rule.split_set >> (own.quantity - 1) & 1 = 0
        """,
    )
