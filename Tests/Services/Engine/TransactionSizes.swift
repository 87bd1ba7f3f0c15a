import PostgresClient

@testable import Services

/// Counts the rows that each transaction inserts or updates in a table. Triggers record the numbers.
struct TransactionSizes {
    private let pool: PostgresPool

    /// - Parameter table: The table, with its schema.
    init(of table: String, on pool: PostgresPool) async throws {
        self.pool = pool
        try await pool.withConnection { connection in
            try await connection.script(
                unsafe: """
                    CREATE TABLE IF NOT EXISTS public.changed_rows (name text, transaction xid8, rows bigint);
                    CREATE OR REPLACE FUNCTION public.count_changed_rows() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        INSERT INTO public.changed_rows
                        SELECT TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, pg_current_xact_id(), count(*) FROM changed;
                        RETURN NULL;
                    END $$;
                    CREATE TRIGGER count_inserted AFTER INSERT ON \(table)
                        REFERENCING NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION public.count_changed_rows();
                    CREATE TRIGGER count_updated AFTER UPDATE ON \(table)
                        REFERENCING NEW TABLE AS changed
                        FOR EACH STATEMENT EXECUTE FUNCTION public.count_changed_rows();
                    """)
        }
    }

    /// Returns the number of transactions that changed rows of a table, the largest number of rows in one of them, and
    /// the number of rows in all of them.
    func summary(of table: String) async throws -> (transactions: Int, largest: Int, rows: Int) {
        try await pool.query(
            """
            SELECT count(*), coalesce(max(rows), 0)::bigint, coalesce(sum(rows), 0)::bigint FROM (
                SELECT sum(rows) AS rows FROM public.changed_rows WHERE name = \(table) AND rows > 0
                GROUP BY transaction
            ) AS changes
            """)[0].decode((Int, Int, Int).self)
    }
}
