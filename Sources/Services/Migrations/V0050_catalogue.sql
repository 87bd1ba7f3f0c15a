-- Events, performances, venues and performers, and the search for performances.

DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'the extension pg_trgm can not be installed (%): have an administrator run '
        'CREATE EXTENSION pg_trgm in this database, and migrate again', SQLERRM;
END $$;

-- The functions of the search are those of the schema tickets, which may be in another database.

-- Text as it is compared: without case, accents and punctuation, its words parted by single spaces. Letters that Unicode
-- takes for letters of their own are written as people without their keyboard write them. The same of every server: what
-- the database's locale calls a letter has no part in it but for case, where ICU knows more than the locale C.
DO $do$
BEGIN
    EXECUTE format($sql$
        CREATE FUNCTION catalogue.folded(words text) RETURNS text
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
CREATE FUNCTION catalogue.folded_words(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(DISTINCT left(word, 64)), '{}')
        FROM unnest(string_to_array(catalogue.folded(words), ' ')) AS word WHERE word <> '');

CREATE FUNCTION catalogue.word_vector(words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_to_tsvector(catalogue.folded_words(words));

-- All the words, each as the beginning of one. Null where there is none: nothing matches that. A word is quoted as the
-- manual's section on tsquery says, so that no text is an operator.
CREATE FUNCTION catalogue.word_query(words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg('''' || replace(replace(word, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
        FROM unnest((catalogue.folded_words(words))[1:16]) AS word);

-- The terms of a performance: its words; words with a symbol inside, with the symbol read as a letter or left out (Ke$ha is
-- also kesha, P!nk pink, AC/DC acdc); and of scripts that are written without spaces each pair of neighbouring
-- characters, so that a part of a name is found.

-- Han, kana and hangul, in NFKD. Set apart by spaces from what stands beside them.
CREATE FUNCTION catalogue.spaced(folded text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace($1, '([\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff]+)', ' \1 ', 'g');

CREATE FUNCTION catalogue.is_unspaced(word text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN $1 ~ '^[\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff]';

-- A word with its symbols as letters, or null if it has none inside.
CREATE FUNCTION catalogue.spoken(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN word ~ '[[:alnum:]][^[:alnum:][:space:]]+[[:alnum:]]|^[$@!€]+[[:alnum:]]|[[:alnum:]][$€]+$' THEN
    nullif(left(replace(catalogue.folded(
        translate(regexp_replace(regexp_replace(word, '!([[:alpha:]])', 'i\1', 'g'), '@([[:alpha:]])', 'a\1', 'g'), '$€', 'se')
    ), ' ', ''), 64), '') END;

CREATE FUNCTION catalogue.terms(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT coalesce(array_agg(DISTINCT term), '{}') FROM (
        SELECT unnest(CASE WHEN catalogue.is_unspaced(word)
            THEN ARRAY(SELECT substr(word, place, 2) FROM generate_series(1, length(word)) AS place)
            ELSE ARRAY[left(word, 64)] END) AS term
        FROM unnest(string_to_array(catalogue.spaced(catalogue.folded(words)), ' ')) AS word WHERE word <> ''
        UNION ALL
        SELECT catalogue.spoken(word) FROM unnest(string_to_array(regexp_replace(words, '\s+', ' ', 'g'), ' ')) AS word
    ) AS terms WHERE term IS NOT NULL);

-- What one word that is looked for must match: each of its terms as the beginning of one, or the word with its symbols
-- as letters. Null for a word without terms. Terms are quoted as in catalogue.word_query.
CREATE FUNCTION catalogue.term_query(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg('(' || query || ')', ' | ') FROM (
        SELECT string_agg('''' || replace(replace(term, '\', '\\'), '''', '''''') || ''':*', ' & ') AS query
        FROM (
            SELECT DISTINCT unnest(CASE WHEN catalogue.is_unspaced(part)
                THEN ARRAY(SELECT substr(part, place, 2)
                           FROM generate_series(1, least(greatest(length(part) - 1, 1), 32)) AS place)
                ELSE ARRAY[left(part, 64)] END) AS term
            FROM unnest(string_to_array(catalogue.spaced(catalogue.folded(word)), ' ')) AS part WHERE part <> ''
            LIMIT 48
        ) AS parts
        UNION ALL
        SELECT string_agg('''' || replace(replace(term, '\', '\\'), '''', '''''') || ''':*', ' & ')
        FROM (SELECT catalogue.spoken(token) AS term
              FROM unnest(string_to_array(regexp_replace(word, '\s+', ' ', 'g'), ' ')) AS token) AS spoken
        WHERE term IS NOT NULL
    ) AS queries WHERE query IS NOT NULL);

-- All the words. Each is given with its alternatives, such as the names of a city, parted by U+001F.
CREATE FUNCTION catalogue.terms_query(words text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg('(' || alternatives || ')', ' & ')::tsquery FROM (
        SELECT (SELECT string_agg('(' || catalogue.term_query(alternative) || ')', ' | ')
                FROM unnest(string_to_array(word, E'\x1f')) AS alternative) AS alternatives
        FROM unnest(words) AS word
    ) AS queries WHERE alternatives IS NOT NULL);

-- The day on the clocks of the venue, or in UTC if this server does not know the zone.
CREATE FUNCTION catalogue.local_day(moment timestamptz, zone text) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (moment AT TIME ZONE coalesce(zone, 'UTC'))::date;
EXCEPTION WHEN OTHERS THEN
    RETURN (moment AT TIME ZONE 'UTC')::date;
END $$;

-- The copy of the users: who may propose, and who may curate.
CREATE TABLE catalogue.users (
    id uuid PRIMARY KEY,
    status text NOT NULL,
    role text NOT NULL,
    version bigint NOT NULL
);

-- An entry that was merged names the one that stands for it, which was never merged itself.
CREATE TABLE catalogue.performers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    key text NOT NULL,
    status text NOT NULL,
    merged_into uuid,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT performers_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id),
    CONSTRAINT performers_key UNIQUE (key)
);

CREATE INDEX performers_merged_into ON catalogue.performers (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE catalogue.venues (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    address text,
    city text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    place text,
    time_zone text NOT NULL,
    status text NOT NULL,
    merged_into uuid,
    proposed_by uuid,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    search_terms tsvector NOT NULL,
    CONSTRAINT venues_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id)
);

CREATE INDEX venues_merged_into ON catalogue.venues (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX venues_newest ON catalogue.venues (created_at DESC, id DESC) WHERE status = 'published';
CREATE INDEX venues_terms ON catalogue.venues USING gin (search_terms) WHERE status = 'published';

CREATE TABLE catalogue.events (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    category text NOT NULL,
    -- In the order of the programme, with the names by which the event is announced.
    performer_ids uuid[] NOT NULL,
    performer_names text[] NOT NULL,
    status text NOT NULL,
    merged_into uuid,
    proposed_by uuid,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    search_terms tsvector NOT NULL,
    CHECK (cardinality(performer_ids) = cardinality(performer_names)),
    CONSTRAINT events_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id)
);

CREATE INDEX events_merged_into ON catalogue.events (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX events_newest ON catalogue.events (created_at DESC, id DESC) WHERE status = 'published';
CREATE INDEX events_terms ON catalogue.events USING gin (search_terms) WHERE status = 'published';
CREATE INDEX events_of_performer ON catalogue.events USING gin (performer_ids);

-- A performance has the facts of its event and venue as they were in the given versions. Work in progress copies newer
-- ones.
CREATE TABLE catalogue.performances (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    event_version bigint NOT NULL,
    title text NOT NULL,
    category text NOT NULL,
    performers text[] NOT NULL,
    venue_id uuid NOT NULL,
    venue_version bigint NOT NULL,
    venue text NOT NULL,
    address text,
    city text NOT NULL,
    country text NOT NULL,
    place text,
    time_zone text NOT NULL,
    starts_at timestamptz NOT NULL,
    doors_at timestamptz,
    ends_at timestamptz,
    status text NOT NULL,
    merged_into uuid,
    proposed_by uuid,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    search_text text NOT NULL,
    search_terms tsvector NOT NULL,
    city_words tsvector NOT NULL,
    CHECK (doors_at <= starts_at),
    CHECK (ends_at > starts_at),
    CONSTRAINT performances_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL) AND merged_into <> id)
);

-- One performance of an event at a venue and time.
CREATE UNIQUE INDEX performances_once ON catalogue.performances (event_id, venue_id, starts_at)
    WHERE status IN ('proposed', 'scheduled', 'postponed');
CREATE INDEX performances_of_event ON catalogue.performances (event_id, starts_at, id);
CREATE INDEX performances_at_venue ON catalogue.performances (venue_id, starts_at, id);
CREATE INDEX performances_merged_into ON catalogue.performances (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX performances_soonest ON catalogue.performances (starts_at, id) WHERE status = 'scheduled';
CREATE INDEX performances_proposed ON catalogue.performances (created_at DESC, id DESC) WHERE status = 'proposed';
CREATE INDEX performances_proposed_by ON catalogue.performances (proposed_by) WHERE status = 'proposed';
CREATE INDEX performances_terms ON catalogue.performances USING gin (search_terms) WHERE status = 'scheduled';
CREATE INDEX performances_city_words ON catalogue.performances USING gin (city_words) WHERE status = 'scheduled';

CREATE FUNCTION catalogue.set_venue_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_terms := array_to_tsvector(catalogue.terms(NEW.name || ' ' || NEW.city));
    RETURN NEW;
END $$;

CREATE TRIGGER set_venue_terms BEFORE INSERT OR UPDATE OF name, city ON catalogue.venues
FOR EACH ROW EXECUTE FUNCTION catalogue.set_venue_terms();

CREATE FUNCTION catalogue.set_event_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_terms := array_to_tsvector(catalogue.terms(
        NEW.title || ' ' || array_to_string(NEW.performer_names, ' ')));
    RETURN NEW;
END $$;

CREATE TRIGGER set_event_terms BEFORE INSERT OR UPDATE OF title, performer_names ON catalogue.events
FOR EACH ROW EXECUTE FUNCTION catalogue.set_event_terms();

CREATE FUNCTION catalogue.set_performance_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    words text := NEW.title || ' ' || array_to_string(NEW.performers, ' ') || ' ' || NEW.venue || ' ' || NEW.city;
BEGIN
    NEW.search_text := catalogue.folded(words);
    NEW.search_terms := array_to_tsvector(catalogue.terms(words));
    NEW.city_words := catalogue.word_vector(NEW.city);
    RETURN NEW;
END $$;

CREATE TRIGGER set_performance_terms BEFORE INSERT OR UPDATE OF title, performers, venue, city
ON catalogue.performances FOR EACH ROW EXECUTE FUNCTION catalogue.set_performance_terms();

-- Words of scheduled performances that are spelled like the given one: those with similar trigrams, and those that are
-- one of the given variants. 200 at most, the most similar first, of the first 5,000 performances that have one.
DO $do$
DECLARE
    extension_schema name := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                              WHERE extname = 'pg_trgm');
BEGIN
    EXECUTE format('CREATE INDEX performances_spelling ON catalogue.performances
                    USING gin (search_text %I.gin_trgm_ops) WHERE status = ''scheduled''', extension_schema);
    EXECUTE format($sql$
        CREATE FUNCTION catalogue.similar_words(word text, variants text[], moment timestamptz)
        RETURNS TABLE (spelling text, likeness real)
        LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER
        SET search_path = pg_catalog, %1$I, pg_temp
        SET pg_trgm.word_similarity_threshold = 0.4
        AS $body$
            SELECT spelling, similarity(spelling, catalogue.folded($1)) AS likeness FROM (
                SELECT DISTINCT unnest(string_to_array(search_text, ' ')) AS spelling FROM (
                    (SELECT search_text FROM catalogue.performances
                     WHERE status = 'scheduled' AND starts_at > $3
                         AND catalogue.folded($1) OPERATOR(%1$I.<%%) search_text
                     LIMIT 5000)
                    UNION ALL
                    (SELECT search_text FROM catalogue.performances
                     WHERE status = 'scheduled' AND starts_at > $3
                         AND search_terms @@ (
                             SELECT string_agg('(' || catalogue.term_query(variant) || ')', ' | ')::tsquery
                             FROM unnest($2) AS variant)
                     LIMIT 1000)
                ) AS found
            ) AS words
            WHERE length(spelling) BETWEEN 3 AND 64
            ORDER BY likeness DESC, spelling LIMIT 200
        $body$ $sql$, extension_schema);
END $do$;
