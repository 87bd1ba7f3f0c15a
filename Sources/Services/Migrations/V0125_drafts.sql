-- The listings that sellers have not finished. Their content is the JSON of ListingDraft.Content.
CREATE TABLE tickets.drafts (
    id uuid PRIMARY KEY,
    seller_id uuid NOT NULL,
    performance_id uuid NOT NULL,
    content json NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE INDEX drafts_of_seller ON tickets.drafts (seller_id, updated_at DESC, id DESC);
CREATE INDEX drafts_unchanged ON tickets.drafts (updated_at);
