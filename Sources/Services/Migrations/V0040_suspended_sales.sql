-- Orders of listings that an admin has taken down, and frozen orders of banned sellers.

ALTER TABLE orders.tickets ADD COLUMN taken_down boolean NOT NULL DEFAULT false;

-- True while the paid orders of the user's listings are to be frozen.
ALTER TABLE orders.users ADD COLUMN freezes_orders boolean NOT NULL DEFAULT false;

ALTER TABLE orders.orders
    ADD COLUMN frozen_at timestamptz,
    DROP CONSTRAINT orders_reason_check,
    ADD CONSTRAINT orders_reason_check CHECK (
        reason IN ('cancelled_by_buyer', 'expired', 'buyer_banned', 'payment_failed', 'listing_taken_down')) NOT VALID;
