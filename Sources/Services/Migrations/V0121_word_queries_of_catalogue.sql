-- The functions of the search in PL/pgSQL, as V0120 has them for the schema tickets, which may be in another database.

-- A term as a query for the words that begin with it. Quoted as the manual's section on tsquery says, so that no text is
-- an operator.
CREATE FUNCTION catalogue.prefix_query(term text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN '''' || replace(replace(term, '\', '\\'), '''', '''''') || ''':*';

-- A word with its symbols as letters, or null if it has none inside.
CREATE OR REPLACE FUNCTION catalogue.spoken(word text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF word !~ '[[:alnum:]][^[:alnum:][:space:]]+[[:alnum:]]|^[$@!€]+[[:alnum:]]|[[:alnum:]][$€]+$' THEN
        RETURN NULL;
    END IF;
    RETURN nullif(left(replace(catalogue.folded(
        translate(regexp_replace(regexp_replace(word, '!([[:alpha:]])', 'i\1', 'g'), '@([[:alpha:]])', 'a\1', 'g'), '$€', 'se')
    ), ' ', ''), 64), '');
END $$;

-- The terms of a text: its words, words with their symbols as letters, and each pair of neighbouring characters of
-- scripts that are written without spaces.
CREATE OR REPLACE FUNCTION catalogue.terms(words text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    part text;
    term text;
    terms text[] := '{}';
BEGIN
    FOREACH part IN ARRAY string_to_array(catalogue.spaced(catalogue.folded(words)), ' ') LOOP
        CONTINUE WHEN part = '';
        IF catalogue.is_unspaced(part) THEN
            FOR place IN 1 .. length(part) LOOP
                terms := terms || substr(part, place, 2);
            END LOOP;
        ELSE
            terms := terms || left(part, 64);
        END IF;
    END LOOP;
    FOREACH part IN ARRAY string_to_array(regexp_replace(words, '\s+', ' ', 'g'), ' ') LOOP
        term := catalogue.spoken(part);
        IF term IS NOT NULL THEN
            terms := terms || term;
        END IF;
    END LOOP;
    RETURN ARRAY(SELECT DISTINCT unnest(terms));
END $$;

-- The query for one word of a search: each of its terms as the beginning of a term, or the word with its symbols as
-- letters. Null for a word without terms.
CREATE OR REPLACE FUNCTION catalogue.term_query(word text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    part text;
    term text;
    terms text[] := '{}';
    letters text;
    result text;
BEGIN
    <<parts>>
    FOREACH part IN ARRAY string_to_array(catalogue.spaced(catalogue.folded(word)), ' ') LOOP
        CONTINUE WHEN part = '';
        -- At most 32 pairs of each part, and 48 terms in all.
        FOR place IN 1 .. CASE WHEN catalogue.is_unspaced(part) THEN least(greatest(length(part) - 1, 1), 32) ELSE 1 END LOOP
            term := CASE WHEN catalogue.is_unspaced(part) THEN substr(part, place, 2) ELSE left(part, 64) END;
            CONTINUE WHEN term = ANY (terms);
            terms := terms || term;
            result := concat_ws(' & ', result, catalogue.prefix_query(term));
            EXIT parts WHEN cardinality(terms) = 48;
        END LOOP;
    END LOOP;
    FOREACH part IN ARRAY string_to_array(regexp_replace(word, '\s+', ' ', 'g'), ' ') LOOP
        letters := nullif(concat_ws(' & ', letters, catalogue.prefix_query(catalogue.spoken(part))), '');
    END LOOP;
    RETURN CASE
        WHEN letters IS NULL THEN '(' || result || ')'
        WHEN result IS NULL THEN '(' || letters || ')'
        ELSE '(' || result || ') | (' || letters || ')'
    END;
END $$;

-- The query for all words of a search. Each is given with its alternatives, such as the names of a city, separated by
-- U+001F. Null if no word has a term: that matches nothing.
CREATE OR REPLACE FUNCTION catalogue.terms_query(words text[]) RETURNS tsquery
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
            alternatives := nullif(concat_ws(' | ', alternatives, '(' || catalogue.term_query(alternative) || ')'), '');
        END LOOP;
        result := nullif(concat_ws(' & ', result, '(' || alternatives || ')'), '');
    END LOOP;
    RETURN result::tsquery;
END $$;

-- The query for all words of a text, each as the beginning of a word. Null if it has none.
CREATE OR REPLACE FUNCTION catalogue.word_query(words text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    word text;
    result text;
BEGIN
    FOREACH word IN ARRAY (catalogue.folded_words(words))[1:16] LOOP
        result := concat_ws(' & ', result, catalogue.prefix_query(word));
    END LOOP;
    RETURN result::tsquery;
END $$;
