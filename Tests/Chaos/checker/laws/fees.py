"""Every order and every listing has the fees of the rule that it names, and the total of an order is the whole price of
a ticket times the quantity.

Fees are computed here from the rule's row, in whole numbers. The share of the ask is rounded half up to a minor unit.
Its sum with the fixed amount is then rounded half up to the currency's step of charges, and limited to the rule's
minimum and maximum. The law `money` compares the total with the amounts at Stripe.
"""

from typing import Any

from ..report import LawResult
from ..system import System

#: The currencies in which Stripe charges only multiples of a step, with the step.
STEPS = dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10) | dict.fromkeys(("ISK", "UGX"), 100)
COLUMNS = "id::text, price, currency, buyer_fee, seller_fee, tax, fee_version"


def fee(ask: int, currency: str, share: int, fixed: int, least: int | None, most: int | None) -> int:
    """One fee of one ticket, in minor units."""
    if share == 0 and fixed == 0:
        return 0
    step = STEPS.get(currency, 1)
    amount = (2 * ask * share + 10_000) // 20_000 + fixed
    amount = (2 * amount + step) // (2 * step) * step
    if least is not None:
        amount = max(amount, least)
    return amount if most is None else min(amount, most)


def fees(ask: int, currency: str, rule: dict[str, Any] | None) -> tuple[int, int]:
    """The fees of the buyer and of the seller."""
    if rule is None:
        return 0, 0
    bounds = rule["min_fee"], rule["max_fee"]
    buyer = fee(ask, currency, rule["buyer_bp"], rule["buyer_fixed"], *bounds)
    seller = fee(ask, currency, rule["seller_bp"], rule["seller_fixed"], *bounds)
    return buyer, min(seller, ask)


def check(system: System, result: LawResult) -> None:
    rules = {rule["version"]: rule for rule in system.query("SELECT * FROM tickets.fee_rules")}
    for table, what, condition in (
        ("orders.orders", "an order", "true"),
        ("tickets.tickets", "a listing", "buyer_fee IS NOT NULL"),
    ):
        rows = system.query(f"SELECT {COLUMNS} FROM {table} WHERE {condition}")
        result.count(f"prices of {table}", len(rows))
        for row in rows:
            rule = rules.get(row["fee_version"])
            if row["fee_version"] is not None and rule is None:
                result.add_violation(row["id"], f"{what} names a fee rule that does not exist", **row)
                continue
            expected = fees(row["price"], row["currency"], rule)
            if (row["buyer_fee"] or 0, row["seller_fee"] or 0) != expected or (row["tax"] or 0) != 0:
                result.add_violation(row["id"], f"{what} has other fees than its rule", expected=expected, **row)
    wrong = system.query(
        """
        SELECT id::text, price, buyer_fee, tax, quantity, total FROM orders.orders
        WHERE total <> (price + coalesce(buyer_fee, 0) + coalesce(tax, 0)) * quantity
        """
    )
    for row in wrong:
        result.add_violation(row["id"], "an order's total is not its price with fees times its quantity", **row)
