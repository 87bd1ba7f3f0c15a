-- Accounts and sessions. The schema and its inbox, outbox and marks stand already.

CREATE TABLE users.users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'banned')),
    ban_reason text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_email_unique UNIQUE (email)
);

-- Who is banned, for an API process that builds its list: few rows, read at each start.
CREATE INDEX users_banned ON users.users (updated_at) WHERE status = 'banned';

-- A session is a family of refresh tokens.
CREATE TABLE users.sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users.users (id),
    user_agent text NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text CHECK (ended_because IN ('signed_out', 'token_reused', 'banned'))
);

CREATE INDEX sessions_of_user ON users.sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_expiry ON users.sessions (expires_at);

-- Every refresh token that was ever current, as its SHA-256.
CREATE TABLE users.refresh_tokens (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    session_id uuid NOT NULL REFERENCES users.sessions (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    -- When the next one took its place.
    rotated_at timestamptz
);

CREATE INDEX refresh_tokens_of_session ON users.refresh_tokens (session_id);
