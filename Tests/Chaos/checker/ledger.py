"""Records in PostgreSQL the history that the services' tables do not keep: each allocation and release of a unit, each
state of an order, and the units left of each listing with a split rule. Triggers in a separate schema record it, so no
service can omit anything.

    python -m checker.ledger install|remove DATABASE_URL
"""

from __future__ import annotations

import sys

import psycopg

INSTALL = """
CREATE SCHEMA IF NOT EXISTS checker;

CREATE TABLE IF NOT EXISTS checker.units (
    seq bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    allocated boolean NOT NULL,
    ticket_id uuid NOT NULL,
    unit integer NOT NULL,
    order_id uuid NOT NULL
);

CREATE TABLE IF NOT EXISTS checker.states (
    seq bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The transaction.
    tx bigint NOT NULL DEFAULT txid_current(),
    order_id uuid NOT NULL,
    -- Null: the row did not exist before, or does not exist after.
    old_status text,
    new_status text,
    old_version bigint,
    new_version bigint
);

CREATE TABLE IF NOT EXISTS checker.splits (
    seq bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ticket_id uuid NOT NULL,
    -- Null: the row did not exist before.
    old_version bigint,
    new_version bigint NOT NULL,
    -- Units that no order has.
    old_left integer,
    new_left integer NOT NULL,
    -- Null: there is no rule.
    old_set bigint,
    new_set bigint
);

CREATE OR REPLACE FUNCTION checker.record_unit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO checker.units (allocated, ticket_id, unit, order_id)
        VALUES (false, OLD.ticket_id, OLD.unit, OLD.order_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO checker.units (allocated, ticket_id, unit, order_id)
        VALUES (true, NEW.ticket_id, NEW.unit, NEW.order_id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION checker.record_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO checker.states (order_id, old_status, new_status, old_version, new_version) VALUES (
        CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END,
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.status END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.status END,
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.version END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.version END);
    RETURN NULL;
END $$;

-- A build of before split rules has no such column.
CREATE OR REPLACE FUNCTION checker.record_split() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    old_set bigint := CASE WHEN TG_OP = 'UPDATE' THEN (to_jsonb(OLD) ->> 'split_set')::bigint END;
    new_set bigint := (to_jsonb(NEW) ->> 'split_set')::bigint;
BEGIN
    IF old_set IS NOT NULL OR new_set IS NOT NULL THEN
        INSERT INTO checker.splits (ticket_id, old_version, new_version, old_left, new_left, old_set, new_set) VALUES (
            NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.version END, NEW.version,
            CASE WHEN TG_OP = 'UPDATE' THEN greatest(OLD.offered - OLD.held, 0) END,
            greatest(NEW.offered - NEW.held, 0), old_set, new_set);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER checker_units AFTER INSERT OR UPDATE OR DELETE ON orders.allocations
    FOR EACH ROW EXECUTE FUNCTION checker.record_unit();
CREATE OR REPLACE TRIGGER checker_states AFTER INSERT OR UPDATE OR DELETE ON orders.orders
    FOR EACH ROW EXECUTE FUNCTION checker.record_state();
CREATE OR REPLACE TRIGGER checker_splits AFTER INSERT OR UPDATE ON orders.tickets
    FOR EACH ROW EXECUTE FUNCTION checker.record_split();
"""

REMOVE = """
DROP TRIGGER IF EXISTS checker_units ON orders.allocations;
DROP TRIGGER IF EXISTS checker_states ON orders.orders;
DROP TRIGGER IF EXISTS checker_splits ON orders.tickets;
DROP SCHEMA IF EXISTS checker CASCADE;
"""


def install(database: str) -> None:
    """Installs the triggers; call it before the first order, since earlier changes are not recorded."""
    _execute(database, INSTALL)


def remove(database: str) -> None:
    _execute(database, REMOVE)


def _execute(database: str, sql: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(sql.encode())


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("install", "remove"):
        sys.exit("usage: python -m checker.ledger install|remove DATABASE_URL")
    (install if sys.argv[1] == "install" else remove)(sys.argv[2])
