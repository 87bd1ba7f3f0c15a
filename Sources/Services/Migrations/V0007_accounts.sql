-- Accounts that change, and the list of all of them.

-- Two people may change addresses with one another, or one after the other, in a single UPDATE: checked at its end.
ALTER TABLE users.users
    DROP CONSTRAINT users_email_unique,
    ADD CONSTRAINT users_email_unique UNIQUE (email) DEFERRABLE INITIALLY IMMEDIATE;

ALTER TABLE users.sessions
    DROP CONSTRAINT sessions_ended_because_check,
    ADD CONSTRAINT sessions_ended_because_check
        CHECK (ended_because IN ('signed_out', 'token_reused', 'banned', 'password_changed'));

-- The admins' list: newest first, and by the beginning of the address whatever the collation. The banned are few, and
-- have an index.
CREATE INDEX users_newest ON users.users (created_at DESC, id DESC);
CREATE INDEX users_by_email_prefix ON users.users (email text_pattern_ops);
