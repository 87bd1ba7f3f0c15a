"""Damages of fees and of the caps on prices. A constraint of the table refuses some of them, so it is dropped first."""

from .damages import sql

UNCHECKED = "ALTER TABLE orders.orders DROP CONSTRAINT orders_total_check;"

sql("an order has another fee than its rule",
    "fees money payments order_events order_transitions inbox copies durability causes", f"""
    {UNCHECKED} UPDATE orders.orders SET buyer_fee = buyer_fee + 1, total = total + 1 WHERE id = '{{priced}}'""")
sql("the seller's fee of an order was changed", "fees order_transitions",
    "UPDATE orders.orders SET seller_fee = seller_fee + 1 WHERE id = '{priced}'")
sql("an order names an unknown fee rule", "fees order_transitions",
    "UPDATE orders.orders SET fee_version = 99 WHERE id = '{priced}'")
sql("the fee is not in the total of an order", "fees order_transitions", f"""
    {UNCHECKED} UPDATE orders.orders SET buyer_fee = NULL, fee_version = NULL, seller_fee = NULL
    WHERE id = '{{priced}}'""")
sql("a listing has another fee than its rule", "fees copies",
    "UPDATE tickets.tickets SET buyer_fee = buyer_fee + 1 WHERE id = '{limited}'")
sql("a listing names an unknown fee rule", "fees copies", """
    ALTER TABLE tickets.tickets DROP CONSTRAINT tickets_fee_version;
    UPDATE tickets.tickets SET fee_version = 99 WHERE id = '{limited}'""")
sql("an order is above the cap", "caps order_transitions",
    "UPDATE orders.orders SET face_value = price - 1 WHERE id = '{priced}'")
sql("an order under a cap has no face value", "caps order_transitions",
    "UPDATE orders.orders SET face_value = NULL WHERE id = '{priced}'")
sql("an order names an unknown policy", "caps order_transitions",
    "UPDATE orders.orders SET policy_version = 99 WHERE id = '{priced}'")
sql("a listing on sale is above the cap", "caps copies",
    "UPDATE tickets.tickets SET face_value = price - 1 WHERE id = '{limited}'")
sql("a policy was never checked against the listings", "caps", """
    INSERT INTO tickets.price_policies SELECT 2, jurisdiction, name, status, basis, 1000, plus, currency, measured,
        declared_events_only, declared_events, restricted_tickets_only, occasional_only, needs_organiser, proof,
        discloses, valid_from, valid_to, source, checked_on, note, applied_at FROM tickets.price_policies WHERE version = 1""")
