-- See V0122: shorter lists of new entries, which each search reads in full.
ALTER INDEX catalogue.performances_terms SET (gin_pending_list_limit = 64);
ALTER INDEX catalogue.performances_city_words SET (gin_pending_list_limit = 64);
ALTER INDEX catalogue.performances_spelling SET (gin_pending_list_limit = 64);
ALTER INDEX catalogue.events_terms SET (gin_pending_list_limit = 64);
ALTER INDEX catalogue.venues_terms SET (gin_pending_list_limit = 64);
