import Marketplace
import PostgresClient
import Support
import Testing

@testable import Services

/// The search terms of a listing, which triggers set.
@Suite struct SearchTermsTests {
    private let pool: PostgresPool

    init() async throws { pool = try await freshPool() }

    private func terms(of id: ListingID) async throws -> String {
        try await pool.query("SELECT search_terms::text FROM tickets.tickets WHERE id = \(id)")[0].decode(String.self)
    }

    /// Builds that do not know the column change listings, too.
    @Test func theTermsFollowTheTitle() async throws {
        let state = ListingState(
            id: .new(), sellerId: .new(), title: "P!nk", price: 2500, currency: .usd, quantity: 2, withdrawn: false,
            version: 1, createdAt: .now(), updatedAt: .now())
        let store = ListingsStore(limits: .unlimited)
        _ = try await pool.pipeline([store.insert([Listing(state: state, held: 0, sold: 0)])].compactMap(\.self))
        #expect(try await terms(of: state.id).contains("'pink'"))
        try await pool.execute("UPDATE tickets.tickets SET title = 'Ke$ha', venue = 'Harpa' WHERE id = \(state.id)")
        let changed = try await terms(of: state.id)
        #expect(changed.contains("'kesha'") && changed.contains("'harpa'") && !changed.contains("'pink'"))
    }

    /// PostgreSQL computes all generated columns again in each update of a table that has a BEFORE UPDATE trigger. For
    /// a listing, this takes 0.7 ms, even if only its counts change.
    @Test func noTableWithGeneratedColumnsHasABeforeUpdateTrigger() async throws {
        let tables = try await pool.query(
            """
            SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
            JOIN pg_attribute ON attrelid = tgrelid AND attgenerated = 's'
            WHERE NOT tgisinternal AND tgtype & 19 = 19
            """
        ).decode(String.self)
        #expect(tables.isEmpty)
        let generated = try await pool.query("SELECT count(*) FROM pg_attribute WHERE attgenerated = 's'")[0]
        #expect(try generated.decode(Int.self) > 0)
    }

    /// In a parallel query, PostgreSQL refuses to run a function that catches errors. It plans parallel queries only
    /// for large tables, so tests with small tables do not show the error.
    @Test func functionsThatCatchErrorsAreNotParallel() async throws {
        let functions = try await pool.query(
            "SELECT oid::regprocedure::text, proparallel = 'u' FROM pg_proc WHERE prosrc ~ 'EXCEPTION\\s+WHEN'")
        #expect(functions.count >= 2)
        for row in functions {
            let (name, isUnsafe) = try row.decode((String, Bool).self)
            #expect(isUnsafe, "\(name)")
        }
    }
}
