-- What searching takes: the words of a listing, and how alike two spellings are.

DO $$
BEGIN
    -- A trusted extension of PostgreSQL's own: whoever may create schemas here may install it.
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'the extension pg_trgm can not be installed (%): have an administrator run '
        'CREATE EXTENSION pg_trgm in this database, and migrate again', SQLERRM;
END $$;

-- Text as it is compared: without case, accents and punctuation, its words parted by single spaces. Letters that Unicode
-- takes for letters of their own are written as people without their keyboard write them. The same of every server: what
-- the database's locale calls a letter has no part in it but for case, where ICU knows more than the locale C.
DO $do$
BEGIN
    EXECUTE format($sql$
        CREATE FUNCTION tickets.folded(words text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN trim(BOTH ' ' FROM regexp_replace(regexp_replace(
            replace(replace(replace(replace(replace(
                translate(
                    lower(normalize(words, NFKD) COLLATE %s),
                    'øđłıŧħð', 'odlithd'),
                'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ς', 'σ'),
            '[\u0300-\u036f''\u2018\u2019\u02bc`\u00b4]+', '', 'g'),
            '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u303f]+', ' ', 'g'))
        $sql$,
        CASE WHEN EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') THEN 'pg_catalog."und-x-icu"'
             ELSE 'pg_catalog."default"' END);
END $do$;

-- A word is cut at 64 characters: an index takes none of any length.
CREATE FUNCTION tickets.folded_words(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(DISTINCT left(word, 64)), '{}')
        FROM unnest(string_to_array(tickets.folded(words), ' ')) AS word WHERE word <> '');

CREATE FUNCTION tickets.word_vector(words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_to_tsvector(tickets.folded_words(words));

-- All the words, each as the beginning of one. Null where there is none: nothing matches that. A word is quoted as the
-- manual's section on tsquery says, so that no text is an operator.
CREATE FUNCTION tickets.word_query(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg('''' || replace(replace(word, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
        FROM unnest((tickets.folded_words(words))[1:16]) AS word);

ALTER TABLE tickets.tickets
    ADD COLUMN search_text text NOT NULL
        GENERATED ALWAYS AS (tickets.folded(title || ' ' || coalesce(venue, '') || ' ' || coalesce(city, ''))) STORED,
    ADD COLUMN search_words tsvector NOT NULL
        GENERATED ALWAYS AS
            (tickets.word_vector(title || ' ' || coalesce(venue, '') || ' ' || coalesce(city, ''))) STORED;

CREATE INDEX tickets_words ON tickets.tickets USING gin (search_words) WHERE NOT withdrawn;

-- The orders that a list can be read in; tickets_newest stands already.
CREATE INDEX tickets_soonest ON tickets.tickets (coalesce(starts_at, 'infinity'), id) WHERE NOT withdrawn;
CREATE INDEX tickets_by_price ON tickets.tickets (price, id) WHERE NOT withdrawn;

-- The extension may stand in any schema, and not everyone's search path leads there, so what needs it is named here
-- once. The function runs as its owner, for a role that only reads may not be allowed into that schema.
DO $do$
DECLARE
    extension_schema name := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                              WHERE extname = 'pg_trgm');
BEGIN
    EXECUTE format('CREATE INDEX tickets_spelling ON tickets.tickets USING gin (search_text %I.gin_trgm_ops)
                    WHERE NOT withdrawn', extension_schema);
    -- Listings on sale of which every word that is looked for is like some word, the most alike first; 1,000 at most.
    -- Words of one or two letters are like everything, and are passed over where there are others.
    EXECUTE format($sql$
        CREATE FUNCTION tickets.spelled_like(words text, moment timestamptz) RETURNS SETOF uuid
        LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
        SET search_path = pg_catalog, %1$I, pg_temp
        SET pg_trgm.word_similarity_threshold = 0.4
        AS $body$
            SELECT id FROM tickets.tickets, (
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
            ORDER BY %1$I.word_similarity(wanted[1], search_text) DESC, id
            LIMIT 1000
        $body$ $sql$, extension_schema);
END $do$;
