-- Calls that Stripe refuses for good, polls that fail, and requests that are no longer needed. It only expands: a build
-- that does not know the columns sees a stuck call as a refused or doubted one.
ALTER TABLE payments.calls
    -- The number of earlier tries of the operation, since the first or since an operator asked for more.
    ADD COLUMN repeats integer NOT NULL DEFAULT 0,
    -- When the service gave up. An operator has to ask for more tries.
    ADD COLUMN stuck_at timestamptz,
    -- Null once the call is done or withdrawn.
    ALTER COLUMN request DROP NOT NULL;

ALTER TABLE payments.attempts
    -- The number of polls that have failed since the last successful one, or since the last hint of a change.
    ADD COLUMN look_failures integer NOT NULL DEFAULT 0;
