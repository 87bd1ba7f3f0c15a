-- Changes to many rows that one decision has started, such as the end of a banned buyer's holds. A sweep makes them in
-- slices, each in a transaction of its own, and the slice that finds nothing more to do deletes the row.
CREATE TABLE {{schema}}.work (
    kind text NOT NULL,
    subject uuid NOT NULL,
    started_at timestamptz NOT NULL,
    PRIMARY KEY (kind, subject)
);
