import JSONCoding
import Marketplace
import PostgresClient
import Storage

// The unfinished listings of sellers. The sellers are locked first, so that no other transaction adds drafts of them.
extension ListingsStore {
    /// Reads and locks the drafts, without their content, which no decision needs.
    func drafts(_ ids: ReferencedListingIDs, in transaction: PostgresTransaction) async throws -> Drafts {
        guard !ids.drafts.isEmpty else { return Drafts() }
        let rows = try await transaction.pipeline([
            """
            SELECT id, seller_id FROM tickets.drafts WHERE id = ANY(\(ids.drafts.sorted())) ORDER BY id FOR UPDATE
            """,
            """
            SELECT seller.id, counted.drafts FROM unnest(\(ids.drafters.sorted())) AS seller (id)
            CROSS JOIN LATERAL (
                SELECT count(*) AS drafts FROM (
                    SELECT FROM tickets.drafts WHERE seller_id = seller.id LIMIT \(Int64(ListingDraft.limit))
                ) AS draft
            ) AS counted
            """,
        ])
        let sellers = try rows[0].decode((DraftID, UserID).self)
        let counts = try rows[1].decode((UserID, Int).self)
        return Drafts(
            Dictionary(uniqueKeysWithValues: sellers), counts: Dictionary(uniqueKeysWithValues: counts))
    }

    func changes(of drafts: Drafts) -> [SQL] {
        let saved = drafts.saved.values.sorted { $0.id < $1.id }
        return [delete(drafts.deleted), write(saved)].compactMap(\.self)
    }

    private func delete(_ drafts: Set<DraftID>) -> SQL? {
        drafts.isEmpty ? nil : "DELETE FROM tickets.drafts WHERE id = ANY(\(drafts.sorted()))"
    }

    private func write(_ drafts: [ListingDraft]) -> SQL? {
        guard !drafts.isEmpty else { return nil }
        return """
            INSERT INTO tickets.drafts (id, seller_id, performance_id, content, updated_at)
            SELECT
                unnest(\(drafts.map(\.id))), unnest(\(drafts.map(\.sellerId))), unnest(\(drafts.map(\.performanceId))),
                unnest(\(drafts.map(\.storedContent)))::json, unnest(\(drafts.map(\.updatedAt)))
            ON CONFLICT (id) DO UPDATE SET performance_id = excluded.performance_id, content = excluded.content,
                updated_at = excluded.updated_at
            """
    }

    /// Deletes drafts that were not changed since a time.
    ///
    /// - Returns: The number of deleted drafts.
    func draftDeletion(on pool: PostgresPool) -> RowPruning.Deletion {
        { now, limit in
            try await pool.execute(
                """
                DELETE FROM tickets.drafts WHERE id IN (
                    SELECT id FROM tickets.drafts WHERE updated_at < \(now - ListingDraft.lifetime)
                    ORDER BY updated_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
                """)
        }
    }
}

extension ListingDraft {
    static let columns: SQL = "id, seller_id, performance_id, content, updated_at"

    /// - Throws: ``UnknownValue`` if the content has values that only a newer build knows.
    init(row: PostgresRow) throws {
        let json = try row.decode("content", as: RawJSON.self)
        let content: Content
        do {
            content = try JSONBytes.decode(from: json.bytes)
        } catch is DecodingError {
            throw UnknownValue(column: "content")
        }
        self.init(
            id: try row.decode("id", as: DraftID.self), sellerId: try row.decode("seller_id", as: UserID.self),
            performanceId: try row.decode("performance_id", as: PerformanceID.self),
            content: content, updatedAt: try row.decode("updated_at", as: Timestamp.self))
    }

    /// Encoding fails only for numbers that JSON does not have, such as infinity, and a draft has none of those.
    fileprivate var storedContent: RawJSON { RawJSON((try? JSONBytes.encode(content)) ?? Array("{}".utf8)) }
}
