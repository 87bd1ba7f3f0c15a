-- Listings that name a performance of the catalogue, and the copy of the performances.

CREATE TABLE tickets.performances (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL,
    title text NOT NULL,
    category text NOT NULL,
    venue text NOT NULL,
    city text NOT NULL,
    country text NOT NULL,
    place text,
    time_zone text NOT NULL,
    starts_at timestamptz NOT NULL,
    status text NOT NULL,
    merged_into uuid,
    proposed_by uuid,
    version bigint NOT NULL
);

ALTER TABLE tickets.tickets
    ADD COLUMN performance_id uuid,
    -- The version of the performance that the listing was made from. Work in progress copies newer ones.
    ADD COLUMN performance_version bigint,
    ADD COLUMN suspended_reason text,
    ADD COLUMN suspended_on_sale boolean;

-- A listing that is suspended is withdrawn too. A process of the build before knows only that, and would let the seller
-- put it back on sale: this refuses it. NOT VALID, because no row is suspended yet and none needs to be read.
ALTER TABLE tickets.tickets
    ADD CONSTRAINT tickets_suspended_withdrawn CHECK (suspended_reason IS NULL OR withdrawn) NOT VALID;
