-- The quantities in which buyers may order a listing's tickets, by the rule's name. NULL: any.
ALTER TABLE tickets.tickets ADD COLUMN split_rule text;
