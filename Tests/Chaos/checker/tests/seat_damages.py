"""Damages of listings with seats."""

from .damages import sql

sql("an order names seats that are not next to each other", "seats order_transitions copies titles",
    "UPDATE orders.orders SET units = '{{1,3}}', seats = '{{1,3}}' WHERE id = '{seats}'")
sql("an order names another seat than its unit's", "seats order_transitions",
    "UPDATE orders.orders SET seats = '{{1,3}}' WHERE id = '{seats}'")
sql("a sale of a seat was lost", "seats", "DELETE FROM orders.seat_sales WHERE order_id = '{seats}' AND unit = 1")
sql("the sale of an ended hold is still stored", "seats",
    "INSERT INTO orders.seat_sales VALUES ('{performance}', '4', 1, '{seated}', 4, '{pair}')")
sql("a seat was sold under another key", "seats",
    "UPDATE orders.seat_sales SET seat_key = 'other' WHERE order_id = '{seats}' AND unit = 1")
sql("a seat of a row was never made free", "seats", """
    DELETE FROM orders.free_units WHERE ticket_id = '{resold}';
    UPDATE orders.tickets SET next_unit = 1 WHERE id = '{resold}'""")
sql("a listing's seats got other names", "seats",
    "UPDATE tickets.seats SET name = '9' WHERE ticket_id = '{seated}' AND unit = 4")
sql("a seat stayed with an earlier performance", "seats",
    "UPDATE tickets.seats SET performance_id = '{ended}' WHERE ticket_id = '{seated}' AND unit = 4")
sql("the listings service missed the end of a hold", "seats", """
    UPDATE tickets.seats SET order_ids = ARRAY['{pair}'::uuid] WHERE ticket_id = '{seated}' AND unit = 4""")
sql("the buyer of a seat is not stored as its holder", "seats",
    "UPDATE tickets.seats SET holder = NULL WHERE ticket_id = '{seated}' AND unit = 1")
sql("a free seat is shown as taken", "seats",
    "UPDATE tickets.tickets SET free_mask = 4 WHERE id = '{seated}'")
sql("a withdrawn listing keeps its claims", "seats copies event_versions", """
    UPDATE tickets.tickets SET withdrawn = true WHERE id = '{seated}'""")
sql("a listing on sale has no claim", "seats",
    "UPDATE tickets.seats SET claimed = false WHERE ticket_id = '{seated}' AND unit = 4")
sql("two listings claim one seat", "seats", """
    DROP INDEX tickets.seats_claimed_once;
    UPDATE tickets.tickets SET sales = '{{1}}' WHERE id = '{resold}';
    UPDATE orders.tickets SET sales = '{{1}}' WHERE id = '{resold}';
    UPDATE tickets.seats SET sale = 1 WHERE ticket_id = '{resold}'""")
sql("a seat is listed again by a stranger", "titles copies durability event_versions requested_once", """
    UPDATE tickets.tickets SET seller_id = '{seller}' WHERE id = '{resold}'""")
sql("a single seat of a pair is free beside a sold one", "splits seats units", """
    UPDATE orders.free_units SET unit = 6 WHERE ticket_id = '{seated}' AND unit = 3""")
