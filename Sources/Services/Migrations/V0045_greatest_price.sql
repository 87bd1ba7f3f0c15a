-- The greatest amount that a card can be charged in any currency. Rows of before are below it, so none is checked.
ALTER TABLE tickets.tickets
    ADD CONSTRAINT tickets_price_chargeable CHECK (price <= 999999999999) NOT VALID;
