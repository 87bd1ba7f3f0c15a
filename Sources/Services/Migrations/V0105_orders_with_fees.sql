-- The fees of one ticket in the copies of listings and in orders, in minor units. NULL, as in rows of before: no fees.
ALTER TABLE orders.tickets
    ADD COLUMN buyer_fee bigint,
    ADD COLUMN seller_fee bigint,
    ADD COLUMN tax bigint,
    ADD COLUMN fee_version bigint,
    ADD COLUMN policy_version bigint,
    ADD COLUMN face_value bigint;

ALTER TABLE orders.orders
    ADD COLUMN buyer_fee bigint,
    ADD COLUMN seller_fee bigint,
    ADD COLUMN tax bigint,
    ADD COLUMN fee_version bigint,
    ADD COLUMN policy_version bigint,
    ADD COLUMN face_value bigint;

-- The rows of before, and those of a build that knows no fees, satisfy both constraints.
ALTER TABLE orders.orders
    DROP CONSTRAINT orders_check,
    ADD CONSTRAINT orders_total_check
        CHECK (total = (price + coalesce(buyer_fee, 0) + coalesce(tax, 0)) * quantity) NOT VALID,
    ADD CONSTRAINT orders_fees CHECK (buyer_fee >= 0 AND seller_fee >= 0 AND tax >= 0) NOT VALID;
