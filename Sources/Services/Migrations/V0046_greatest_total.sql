-- The greatest amount that a card can be charged in any currency. Rows of before are below it, so none is checked.
ALTER TABLE orders.orders
    ADD CONSTRAINT orders_total_chargeable CHECK (total <= 999999999999) NOT VALID;
