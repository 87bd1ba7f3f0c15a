-- Listings that are suspended because of their performance, and orders of cancelled events.

ALTER TABLE orders.tickets ADD COLUMN suspended text;

ALTER TABLE orders.orders
    DROP CONSTRAINT orders_reason_check,
    ADD CONSTRAINT orders_reason_check CHECK (
        reason IN ('cancelled_by_buyer', 'expired', 'buyer_banned', 'payment_failed', 'listing_taken_down',
            'event_cancelled')) NOT VALID;
