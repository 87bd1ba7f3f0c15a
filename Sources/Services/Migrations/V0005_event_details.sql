-- What a ticket is for, and where one sits with it. A listing of before has none of it.

ALTER TABLE tickets.tickets
    ADD COLUMN venue text,
    ADD COLUMN city text,
    ADD COLUMN starts_at timestamptz,
    -- The venue's time zone, by its name in the IANA database.
    ADD COLUMN time_zone text,
    ADD COLUMN section text,
    ADD COLUMN seat_row text,
    ADD COLUMN note text,
    ADD CONSTRAINT tickets_time_in_zone CHECK ((starts_at IS NULL) = (time_zone IS NULL));
