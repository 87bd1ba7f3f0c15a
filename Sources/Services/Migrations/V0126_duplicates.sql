-- Pairs of performances that may be the same one. Admins merge them or keep both.
CREATE TABLE catalogue.duplicates (
    performance_id uuid NOT NULL,
    other_id uuid NOT NULL,
    -- The start of the earlier one.
    starts_at timestamptz NOT NULL,
    -- True if an admin has decided that they are different.
    kept boolean NOT NULL DEFAULT false,
    PRIMARY KEY (performance_id, other_id),
    CHECK (performance_id < other_id)
);

CREATE INDEX duplicates_of_other ON catalogue.duplicates (other_id);
CREATE INDEX duplicates_soonest ON catalogue.duplicates (starts_at, performance_id, other_id) WHERE NOT kept;

-- How similar two titles are, from 0 to 1: the share of their trigrams that both have. Some characters are folded into
-- 18, so only the beginnings are compared.
DO $do$
DECLARE
    extension_schema name := (SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                              WHERE extname = 'pg_trgm');
BEGIN
    EXECUTE format($sql$
        CREATE FUNCTION catalogue.likeness(title text, other text) RETURNS real
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        SET search_path = pg_catalog, %1$I, pg_temp
        AS $body$
            SELECT similarity(left(catalogue.folded(left($1, 100)), 200), left(catalogue.folded(left($2, 100)), 200))
        $body$
    $sql$, extension_schema);
END $do$;
