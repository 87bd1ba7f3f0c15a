"""Damages of listings with split rules, and of their ledger."""

from .damages import sql

sql("a single ticket was left of a listing in pairs", "splits", """
    UPDATE orders.tickets SET held = held + 1 WHERE id = '{split}';
    UPDATE orders.tickets SET held = held - 1 WHERE id = '{split}'""")
sql("a listing began with an odd number of tickets in pairs", "splits", """
    UPDATE checker.splits SET new_left = 5 WHERE ticket_id = '{split}' AND old_version IS NULL""")
sql("an order of a single ticket of a pair", "splits", """
    UPDATE checker.splits SET new_set = 8 WHERE ticket_id = '{split}';
    UPDATE checker.splits SET new_left = 4, old_left = CASE WHEN old_version IS NOT NULL THEN 4 END
    WHERE ticket_id = '{split}'""")
sql("a copy lost its listing's split rule", "splits",
    "UPDATE tickets.tickets SET split_rule = 'no_single' WHERE id = '{split}'")
