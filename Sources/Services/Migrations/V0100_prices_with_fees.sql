-- Fees, price policies, and the fees of each listing.

-- Rows never change: new content is a new version. All rows of a table share one sequence of versions, without gaps.
CREATE TABLE tickets.fee_rules (
    version bigint PRIMARY KEY,
    -- The scope: country/category/currency, each of which may be *.
    id text NOT NULL,
    country text,
    category text,
    currency text,
    buyer_bp integer NOT NULL CHECK (buyer_bp BETWEEN 0 AND 10000),
    buyer_fixed bigint NOT NULL CHECK (buyer_fixed >= 0),
    seller_bp integer NOT NULL CHECK (seller_bp BETWEEN 0 AND 10000),
    seller_fixed bigint NOT NULL CHECK (seller_fixed >= 0),
    min_fee bigint CHECK (min_fee >= 0),
    max_fee bigint CHECK (max_fee >= 0),
    valid_from date NOT NULL,
    applied_at timestamptz NOT NULL,
    UNIQUE (id, version)
);

CREATE TABLE tickets.price_policies (
    version bigint PRIMARY KEY,
    -- ISO 3166-1 or 3166-2 of the venue, or *.
    jurisdiction text NOT NULL,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('in_force', 'announced', 'operator', 'repealed')),
    basis text NOT NULL CHECK (basis IN ('none', 'face_value', 'original_total')),
    cap_bp integer NOT NULL CHECK (cap_bp BETWEEN 0 AND 100000),
    plus bigint NOT NULL CHECK (plus >= 0),
    currency text,
    measured text NOT NULL CHECK (measured IN ('ask', 'all_in_ex_tax')),
    declared_events_only boolean NOT NULL,
    declared_events uuid[] NOT NULL,
    restricted_tickets_only boolean NOT NULL,
    occasional_only boolean NOT NULL,
    needs_organiser boolean NOT NULL,
    proof text NOT NULL CHECK (proof IN ('none', 'declared', 'document')),
    discloses text[] NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    source text NOT NULL,
    checked_on date NOT NULL,
    note text,
    applied_at timestamptz NOT NULL,
    UNIQUE (jurisdiction, version)
);

CREATE FUNCTION tickets.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the rows of % never change: apply a new version', TG_TABLE_NAME;
END $$;

CREATE TRIGGER fee_rules_never_change BEFORE UPDATE OR DELETE ON tickets.fee_rules
FOR EACH ROW EXECUTE FUNCTION tickets.refuse_change();

CREATE TRIGGER price_policies_never_change BEFORE UPDATE OR DELETE ON tickets.price_policies
FOR EACH ROW EXECUTE FUNCTION tickets.refuse_change();

-- The fees of one ticket, in minor units. NULL, as in rows of before: no fees. What a buyer pays is always computed as
-- price + coalesce(buyer_fee, 0) + coalesce(tax, 0), so a build that knows no fees may change the price.
ALTER TABLE tickets.tickets
    ADD COLUMN buyer_fee bigint,
    ADD COLUMN seller_fee bigint,
    ADD COLUMN tax bigint,
    ADD COLUMN fee_version bigint,
    ADD COLUMN policy_version bigint,
    ADD COLUMN face_value bigint,
    -- The version of the policies that the listing was last checked against. Work in progress raises it.
    ADD COLUMN policy_seen bigint;

ALTER TABLE tickets.tickets
    ADD CONSTRAINT tickets_fees CHECK (buyer_fee >= 0 AND seller_fee >= 0 AND tax >= 0 AND face_value > 0) NOT VALID,
    ADD CONSTRAINT tickets_fee_version FOREIGN KEY (fee_version) REFERENCES tickets.fee_rules (version) NOT VALID,
    ADD CONSTRAINT tickets_policy_version
        FOREIGN KEY (policy_version) REFERENCES tickets.price_policies (version) NOT VALID;
