"""Damages of the catalogue, and of the listings that follow it."""

from .damages import sql

sql("a listing names an unknown performance", "catalogue",
    "UPDATE tickets.tickets SET performance_id = '{new}' WHERE id = '{listed}'")
sql("a listing has another time than its performance", "catalogue copies",
    "UPDATE tickets.tickets SET starts_at = starts_at + interval '1 day' WHERE id = '{listed}'")
sql("a listing of a cancelled event is on sale", "catalogue copies event_versions",
    "UPDATE tickets.tickets SET withdrawn = false, suspended_reason = NULL WHERE id = '{closed}'")
sql("a listing of a cancelled event is only postponed", "catalogue copies",
    "UPDATE tickets.tickets SET suspended_reason = 'postponed' WHERE id = '{closed}'")
sql("an order of a cancelled event awaits payment", "catalogue copies event_versions",
    "UPDATE tickets.tickets SET withdrawn = true, suspended_reason = 'event_cancelled' WHERE id = '{listing}'")
sql("a performance is merged into a merged one", "catalogue copies", """
    UPDATE catalogue.performances SET status = 'merged', merged_into = '{ended}' WHERE id = '{performance}';
    UPDATE catalogue.performances SET status = 'merged', merged_into = '{new}' WHERE id = '{ended}'""")
sql("a listing that follows its performance has another price",
    "command_per_change event_versions publication stream_history", """
    UPDATE tickets.outbox SET body = jsonb_set(body::jsonb, '{{price}}', '1')::text
    WHERE subject = '{closed}' AND version = 2""")
