-- Listings that an admin has taken down, users' reports of listings, and the log of what admins did about them.

ALTER TABLE tickets.tickets
    ADD COLUMN taken_down_reason text,
    ADD COLUMN taken_down_note text,
    ADD COLUMN taken_down_on_sale boolean;

-- A listing that is taken down is withdrawn too. A process of the build before knows only that, and would let the
-- seller put it back on sale: this refuses it. NOT VALID, because no row is taken down yet and none needs to be read.
ALTER TABLE tickets.tickets
    ADD CONSTRAINT tickets_taken_down_withdrawn CHECK (taken_down_reason IS NULL OR withdrawn) NOT VALID;

-- A user reports a listing at most once, and a listing has at most 1,000 reports.
CREATE TABLE tickets.reports (
    listing_id uuid NOT NULL,
    reporter_id uuid NOT NULL,
    reason text NOT NULL,
    note text,
    status text NOT NULL,
    at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text,
    PRIMARY KEY (listing_id, reporter_id)
);

-- The reports of each listing, counted by the decisions that change them.
CREATE TABLE tickets.report_counts (
    listing_id uuid PRIMARY KEY,
    open integer NOT NULL CHECK (open >= 0),
    total integer NOT NULL CHECK (total >= open),
    since timestamptz,
    CHECK ((open > 0) = (since IS NOT NULL))
);

-- The queue for admins: the most reported first, then the oldest.
CREATE INDEX report_queue ON tickets.report_counts ((-open), since, listing_id) WHERE open > 0;

-- Written with the change itself, and never changed.
CREATE TABLE tickets.moderation_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    listing_id uuid NOT NULL,
    seller_id uuid NOT NULL,
    reason text,
    note text
);

CREATE INDEX moderation_log_of_listing ON tickets.moderation_log (listing_id, id DESC);

CREATE FUNCTION tickets.refuse_change_of_moderation_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of the moderation log is never changed';
END
$$;

CREATE TRIGGER moderation_log_append_only BEFORE UPDATE OR DELETE ON tickets.moderation_log
    FOR EACH ROW EXECUTE FUNCTION tickets.refuse_change_of_moderation_log();
