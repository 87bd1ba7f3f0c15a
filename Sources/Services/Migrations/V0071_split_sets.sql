-- The quantities that an order may have by the listing's split rule: bit q - 1 for the quantity q. NULL: any.
ALTER TABLE orders.tickets ADD COLUMN split_set bigint;
