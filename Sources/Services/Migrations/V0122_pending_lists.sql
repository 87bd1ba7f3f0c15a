-- A GIN index collects new entries in a list, which each search reads in full until a VACUUM or an INSERT empties it. With
-- PostgreSQL's default of 4 MB, searches took ten times as long soon after many listings had been created.
ALTER INDEX tickets.tickets_terms SET (gin_pending_list_limit = 64);
ALTER INDEX tickets.tickets_city_words SET (gin_pending_list_limit = 64);
ALTER INDEX tickets.tickets_spelling SET (gin_pending_list_limit = 64);
