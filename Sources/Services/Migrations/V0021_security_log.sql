-- What concerns who may use an account, written with the change itself. Nothing changes an entry; SecurityLogPruning
-- deletes it after a set time.
CREATE TABLE users.security_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid,
    address text,
    user_agent text,
    before text,
    after text,
    reason text
);

CREATE INDEX security_log_of_user ON users.security_log (user_id, id DESC);
CREATE INDEX security_log_by_time ON users.security_log (at);

CREATE FUNCTION users.refuse_change_of_security_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of the security log is never changed';
END
$$;

CREATE TRIGGER security_log_append_only BEFORE UPDATE ON users.security_log
    FOR EACH ROW EXECUTE FUNCTION users.refuse_change_of_security_log();
