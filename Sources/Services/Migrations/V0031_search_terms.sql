-- The terms of a listing: its words; words with a symbol inside, with the symbol read as a letter or left out (Ke$ha is
-- also kesha, P!nk pink, AC/DC acdc); and of scripts that are written without spaces each pair of neighbouring
-- characters, so that a part of a name is found.

-- Han, kana and hangul, in NFKD. Set apart by spaces from what stands beside them.
CREATE FUNCTION tickets.spaced(folded text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace($1, '([\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff]+)', ' \1 ', 'g');

CREATE FUNCTION tickets.is_unspaced(word text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN $1 ~ '^[\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff]';

-- A word with its symbols as letters, or null if it has none inside.
CREATE FUNCTION tickets.spoken(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN word ~ '[[:alnum:]][^[:alnum:][:space:]]+[[:alnum:]]|^[$@!€]+[[:alnum:]]|[[:alnum:]][$€]+$' THEN
    nullif(left(replace(tickets.folded(
        translate(regexp_replace(regexp_replace(word, '!([[:alpha:]])', 'i\1', 'g'), '@([[:alpha:]])', 'a\1', 'g'), '$€', 'se')
    ), ' ', ''), 64), '') END;

CREATE FUNCTION tickets.terms(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(array_agg(DISTINCT term), '{}') FROM (
        SELECT unnest(CASE WHEN tickets.is_unspaced(word)
            THEN ARRAY(SELECT substr(word, place, 2) FROM generate_series(1, length(word)) AS place)
            ELSE ARRAY[left(word, 64)] END) AS term
        FROM unnest(string_to_array(tickets.spaced(tickets.folded(words)), ' ')) AS word WHERE word <> ''
        UNION ALL
        SELECT tickets.spoken(word) FROM unnest(string_to_array(regexp_replace(words, '\s+', ' ', 'g'), ' ')) AS word
    ) AS terms WHERE term IS NOT NULL);

-- What one word that is looked for must match: each of its terms as the beginning of one, or the word with its symbols
-- as letters. Null for a word without terms. Terms are quoted as in tickets.word_query.
CREATE FUNCTION tickets.term_query(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg('(' || query || ')', ' | ') FROM (
        SELECT string_agg('''' || replace(replace(term, '\', '\\'), '''', '''''') || ''':*', ' & ') AS query
        FROM (
            SELECT DISTINCT unnest(CASE WHEN tickets.is_unspaced(part)
                THEN ARRAY(SELECT substr(part, place, 2)
                           FROM generate_series(1, least(greatest(length(part) - 1, 1), 32)) AS place)
                ELSE ARRAY[left(part, 64)] END) AS term
            FROM unnest(string_to_array(tickets.spaced(tickets.folded(word)), ' ')) AS part WHERE part <> ''
            LIMIT 48
        ) AS parts
        UNION ALL
        SELECT string_agg('''' || replace(replace(term, '\', '\\'), '''', '''''') || ''':*', ' & ')
        FROM (SELECT tickets.spoken(token) AS term
              FROM unnest(string_to_array(regexp_replace(word, '\s+', ' ', 'g'), ' ')) AS token) AS spoken
        WHERE term IS NOT NULL
    ) AS queries WHERE query IS NOT NULL);

-- All the words. Each is given with its alternatives, such as the names of a city, parted by U+001F.
CREATE FUNCTION tickets.terms_query(words text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg('(' || alternatives || ')', ' & ')::tsquery FROM (
        SELECT (SELECT string_agg('(' || tickets.term_query(alternative) || ')', ' | ')
                FROM unnest(string_to_array(word, E'\x1f')) AS alternative) AS alternatives
        FROM unnest(words) AS word
    ) AS queries WHERE alternatives IS NOT NULL);

ALTER TABLE tickets.tickets ADD COLUMN search_terms tsvector;

-- A trigger and no generated column, which would have the whole table written anew under a lock.
CREATE FUNCTION tickets.set_search_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_terms := array_to_tsvector(tickets.terms(
        NEW.title || ' ' || coalesce(NEW.venue, '') || ' ' || coalesce(NEW.city, '')));
    RETURN NEW;
END $$;

CREATE TRIGGER set_search_terms BEFORE INSERT OR UPDATE OF title, venue, city ON tickets.tickets
FOR EACH ROW EXECUTE FUNCTION tickets.set_search_terms();

-- The day on the clocks of the venue, or in UTC if this server does not know the zone.
CREATE FUNCTION tickets.local_day(moment timestamptz, zone text) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (moment AT TIME ZONE coalesce(zone, 'UTC'))::date;
EXCEPTION WHEN OTHERS THEN
    RETURN (moment AT TIME ZONE 'UTC')::date;
END $$;

-- Words of listings on sale that are spelled like the given one: those with similar trigrams, and those that are one of
-- the given variants. 200 at most, the most similar first, of the first 5,000 listings that have one.
DO $do$
DECLARE
    extension_schema name := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                              WHERE extname = 'pg_trgm');
BEGIN
    EXECUTE format($sql$
        CREATE FUNCTION tickets.similar_words(word text, variants text[], moment timestamptz)
        RETURNS TABLE (spelling text, likeness real)
        LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
        SET search_path = pg_catalog, %1$I, pg_temp
        SET pg_trgm.word_similarity_threshold = 0.4
        AS $body$
            SELECT spelling, similarity(spelling, tickets.folded($1)) AS likeness FROM (
                SELECT DISTINCT unnest(string_to_array(search_text, ' ')) AS spelling FROM (
                    (SELECT search_text FROM tickets.tickets
                     WHERE NOT withdrawn AND (starts_at IS NULL OR starts_at > $3)
                         AND tickets.folded($1) OPERATOR(%1$I.<%%) search_text
                     LIMIT 5000)
                    UNION ALL
                    (SELECT search_text FROM tickets.tickets
                     WHERE NOT withdrawn AND (starts_at IS NULL OR starts_at > $3)
                         AND search_terms @@ (SELECT string_agg('(' || tickets.term_query(variant) || ')', ' | ')::tsquery
                                              FROM unnest($2) AS variant)
                     LIMIT 1000)
                ) AS found
            ) AS words
            WHERE length(spelling) BETWEEN 3 AND 64
            ORDER BY likeness DESC, spelling LIMIT 200
        $body$ $sql$, extension_schema);
END $do$;
