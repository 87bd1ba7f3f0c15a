-- True if the paid orders of a banned user's listings are to be frozen, false if they are to be released, null if they
-- never were frozen.
ALTER TABLE users.users ADD COLUMN orders_frozen boolean;
