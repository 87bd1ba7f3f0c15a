public import FoundationEssentials
public import Marketplace
import PostgresClient

/// What an admin looks for among all orders. Nothing set: all of them.
public struct OrderSearch: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case buyer(UserID)
        /// The id of an order, of a ticket or of a buyer: what was copied from another page.
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
    /// Everyone's, newest first.
    public func orders(_ search: OrderSearch, after place: ListPlace?, limit: Int) async throws -> [OrderState] {
        let subject: SQL =
            switch search.subject {
            case nil: ""
            case .buyer(let user): "AND user_id = \(user)"
            case .any(let id): "AND (id = \(id) OR ticket_id = \(id) OR user_id = \(id))"
            }
        // A literal, so that the indexes of some states alone are known to fit. It is none but our own words.
        let status: SQL = search.status.map { "AND status = '\(unsafe: $0.rawValue)'" } ?? ""
        return try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE true \(subject) \(status) \(TicketReads.following(place))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).map(OrderState.init(row:))
    }
}
