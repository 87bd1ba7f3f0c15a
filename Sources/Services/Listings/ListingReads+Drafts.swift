public import Marketplace
import PostgresClient
import Storage

extension ListingReads {
    /// Returns a seller's draft, or nil if the seller has no such draft.
    public func draft(_ id: DraftID, of seller: UserID) async throws -> ListingDraft? {
        try await pool.query(
            "SELECT \(ListingDraft.columns) FROM tickets.drafts WHERE id = \(id) AND seller_id = \(seller)"
        ).decodeKnown(ListingDraft.init(row:)).first
    }

    /// Returns a seller's drafts, the last changed first: at most ``ListingDraft/limit``.
    public func drafts(of seller: UserID) async throws -> [ListingDraft] {
        try await pool.query(
            """
            SELECT \(ListingDraft.columns) FROM tickets.drafts WHERE seller_id = \(seller)
            ORDER BY updated_at DESC, id DESC LIMIT \(Int64(ListingDraft.limit))
            """
        ).decodeKnown(ListingDraft.init(row:))
    }
}
