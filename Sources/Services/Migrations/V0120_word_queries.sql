-- The functions of the search in PL/pgSQL, which plans each of its statements once for a connection. PostgreSQL plans the
-- statements of an SQL function again in each query that calls it: that took most of the time of a search.
--
-- The results are the same, so stored terms stay valid.

-- A term as a query for the words that begin with it. Quoted as the manual's section on tsquery says, so that no text is
-- an operator.
CREATE FUNCTION tickets.prefix_query(term text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN '''' || replace(replace(term, '\', '\\'), '''', '''''') || ''':*';

-- A word with its symbols as letters, or null if it has none inside.
CREATE OR REPLACE FUNCTION tickets.spoken(word text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF word !~ '[[:alnum:]][^[:alnum:][:space:]]+[[:alnum:]]|^[$@!€]+[[:alnum:]]|[[:alnum:]][$€]+$' THEN
        RETURN NULL;
    END IF;
    RETURN nullif(left(replace(tickets.folded(
        translate(regexp_replace(regexp_replace(word, '!([[:alpha:]])', 'i\1', 'g'), '@([[:alpha:]])', 'a\1', 'g'), '$€', 'se')
    ), ' ', ''), 64), '');
END $$;

-- The terms of a text: its words, words with their symbols as letters, and each pair of neighbouring characters of
-- scripts that are written without spaces.
CREATE OR REPLACE FUNCTION tickets.terms(words text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    part text;
    term text;
    terms text[] := '{}';
BEGIN
    FOREACH part IN ARRAY string_to_array(tickets.spaced(tickets.folded(words)), ' ') LOOP
        CONTINUE WHEN part = '';
        IF tickets.is_unspaced(part) THEN
            FOR place IN 1 .. length(part) LOOP
                terms := terms || substr(part, place, 2);
            END LOOP;
        ELSE
            terms := terms || left(part, 64);
        END IF;
    END LOOP;
    FOREACH part IN ARRAY string_to_array(regexp_replace(words, '\s+', ' ', 'g'), ' ') LOOP
        term := tickets.spoken(part);
        IF term IS NOT NULL THEN
            terms := terms || term;
        END IF;
    END LOOP;
    RETURN ARRAY(SELECT DISTINCT unnest(terms));
END $$;

-- The query for one word of a search: each of its terms as the beginning of a term, or the word with its symbols as
-- letters. Null for a word without terms.
CREATE OR REPLACE FUNCTION tickets.term_query(word text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    part text;
    term text;
    terms text[] := '{}';
    letters text;
    result text;
BEGIN
    <<parts>>
    FOREACH part IN ARRAY string_to_array(tickets.spaced(tickets.folded(word)), ' ') LOOP
        CONTINUE WHEN part = '';
        -- At most 32 pairs of each part, and 48 terms in all.
        FOR place IN 1 .. CASE WHEN tickets.is_unspaced(part) THEN least(greatest(length(part) - 1, 1), 32) ELSE 1 END LOOP
            term := CASE WHEN tickets.is_unspaced(part) THEN substr(part, place, 2) ELSE left(part, 64) END;
            CONTINUE WHEN term = ANY (terms);
            terms := terms || term;
            result := concat_ws(' & ', result, tickets.prefix_query(term));
            EXIT parts WHEN cardinality(terms) = 48;
        END LOOP;
    END LOOP;
    FOREACH part IN ARRAY string_to_array(regexp_replace(word, '\s+', ' ', 'g'), ' ') LOOP
        letters := nullif(concat_ws(' & ', letters, tickets.prefix_query(tickets.spoken(part))), '');
    END LOOP;
    RETURN CASE
        WHEN letters IS NULL THEN '(' || result || ')'
        WHEN result IS NULL THEN '(' || letters || ')'
        ELSE '(' || result || ') | (' || letters || ')'
    END;
END $$;

-- The query for all words of a search. Each is given with its alternatives, such as the names of a city, separated by
-- U+001F. Null if no word has a term: that matches nothing.
CREATE OR REPLACE FUNCTION tickets.terms_query(words text[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    word text;
    alternative text;
    alternatives text;
    result text;
BEGIN
    FOREACH word IN ARRAY words LOOP
        alternatives := NULL;
        FOREACH alternative IN ARRAY string_to_array(word, E'\x1f') LOOP
            alternatives := nullif(concat_ws(' | ', alternatives, '(' || tickets.term_query(alternative) || ')'), '');
        END LOOP;
        result := nullif(concat_ws(' & ', result, '(' || alternatives || ')'), '');
    END LOOP;
    RETURN result::tsquery;
END $$;

-- The query for all words of a text, each as the beginning of a word. Null if it has none.
CREATE OR REPLACE FUNCTION tickets.word_query(words text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    word text;
    result text;
BEGIN
    FOREACH word IN ARRAY (tickets.folded_words(words))[1:16] LOOP
        result := concat_ws(' & ', result, tickets.prefix_query(word));
    END LOOP;
    RETURN result::tsquery;
END $$;
