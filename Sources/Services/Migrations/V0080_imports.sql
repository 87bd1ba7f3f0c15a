-- The events and performances of sources that were imported, and the entries that they have become.

CREATE TABLE catalogue.imports (
    source text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('event', 'performance')),
    -- The id that the source gives to a performance, or the digest of an event.
    external_id text NOT NULL,
    target_id uuid NOT NULL,
    -- Of the row that was applied last.
    digest text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (source, kind, external_id)
);
