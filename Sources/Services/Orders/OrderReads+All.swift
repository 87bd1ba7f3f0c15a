public import FoundationEssentials
public import Marketplace
import PostgresClient
public import Storage

/// An admin's filter for orders. An empty filter matches all of them.
public struct OrderSearch: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case buyer(UserID)
        /// The id of an order, a listing or a buyer.
        case any(UUID)
    }

    public var subject: Subject?
    public var status: OrderState.Status?

    public init(subject: Subject? = nil, status: OrderState.Status? = nil) {
        self.subject = subject
        self.status = status
    }
}

extension OrderReads {
    /// Returns the newest orders of some buyers, newest first.
    public func orders(of buyers: [UserID], limit: Int) async throws -> [OrderState] {
        guard !buyers.isEmpty else { return [] }
        return try await pool.query(
            """
            SELECT found.* FROM unnest(\(buyers)) AS buyer (id)
            CROSS JOIN LATERAL (
                SELECT \(OrderState.columns) FROM orders.orders WHERE user_id = buyer.id
                ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            ) AS found
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown(OrderState.init(row:))
    }

    /// Returns orders whose ids have this prefix, ordered by id.
    public func orders(_ prefix: IDPrefix, limit: Int) async throws -> [OrderState] {
        try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE id BETWEEN \(prefix.first) AND \(prefix.last) ORDER BY id LIMIT \(Int64(limit))
            """
        ).decodeKnown(OrderState.init(row:))
    }

    /// Returns matching orders of all buyers, newest first.
    public func orders(_ search: OrderSearch, after cursor: ListCursor?, limit: Int) async throws -> [OrderState] {
        let subject: SQL =
            switch search.subject {
            case nil: ""
            case .buyer(let user): "AND user_id = \(user)"
            case .any(let id): "AND (id = \(id) OR ticket_id = \(id) OR user_id = \(id))"
            }
        // A literal and not a parameter, so that the planner can use partial indexes. Statuses are constants.
        let status: SQL = search.status.map { "AND status = '\(unsafe: $0.rawValue)'" } ?? ""
        return try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE true \(subject) \(status) \(ListCursor.sql(after: cursor))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown(OrderState.init(row:))
    }
}
