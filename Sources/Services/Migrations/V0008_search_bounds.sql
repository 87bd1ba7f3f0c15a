-- What a search costs has a bound, whatever is looked for.

-- The words of the city, made once and not again for each row that is looked at.
ALTER TABLE tickets.tickets
    ADD COLUMN city_words tsvector NOT NULL
        GENERATED ALWAYS AS (tickets.word_vector(coalesce(city, ''))) STORED;

CREATE INDEX tickets_city_words ON tickets.tickets USING gin (city_words) WHERE NOT withdrawn;

-- As before, but of the first 5,000 that are found: a word that is like one of every listing would have all of them
-- compared and sorted.
DO $do$
DECLARE
    extension_schema name := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                              WHERE extname = 'pg_trgm');
BEGIN
    EXECUTE format($sql$
        CREATE OR REPLACE FUNCTION tickets.spelled_like(words text, moment timestamptz) RETURNS SETOF uuid
        LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
        SET search_path = pg_catalog, %1$I, pg_temp
        SET pg_trgm.word_similarity_threshold = 0.4
        AS $body$
            SELECT id FROM (
                SELECT id, %1$I.word_similarity(wanted[1], search_text) AS likeness FROM tickets.tickets, (
                    SELECT (SELECT array_agg(word ORDER BY length(word) DESC)
                            FROM unnest(all_words[1:16]) AS word
                            WHERE length(word) > 2 OR NOT EXISTS (SELECT FROM unnest(all_words) AS other
                                                                  WHERE length(other) > 2)) AS wanted
                    FROM (SELECT tickets.folded_words($1) AS all_words) AS folded
                ) AS query
                WHERE NOT withdrawn AND (starts_at IS NULL OR starts_at > $2)
                    AND wanted[1] OPERATOR(%1$I.<%%) search_text
                    AND NOT EXISTS (SELECT FROM unnest(wanted[2:]) AS word
                                    WHERE NOT word OPERATOR(%1$I.<%%) search_text)
                LIMIT 5000
            ) AS found
            ORDER BY likeness DESC, id
            LIMIT 1000
        $body$ $sql$, extension_schema);
END $do$;
