import Marketplace

/// What an order's state means to its buyer.
enum OrderStanding: Hashable, Sendable {
    case payable
    /// Its time is over, and nobody has said so yet.
    case overdue
    /// The money is reserved, and being taken.
    case paying
    case complete
    case cancelledByBuyer, expired, buyerBanned, paymentFailed
    /// For a reason that is not known.
    case cancelled
    case refunded

    init(_ order: OrderState, now: Timestamp) {
        self =
            switch (order.status, order.reason) {
            case (.awaitingPayment, _): order.expiresAt > now ? .payable : .overdue
            case (.confirmed, _): .paying
            case (.complete, _): .complete
            case (.refunded, _): .refunded
            case (.cancelled, .cancelledByBuyer): .cancelledByBuyer
            case (.cancelled, .expired): .expired
            case (.cancelled, .buyerBanned): .buyerBanned
            case (.cancelled, .paymentFailed): .paymentFailed
            case (.cancelled, nil): .cancelled
            }
    }

    var name: String {
        switch self {
        case .payable: "Held for you"
        case .overdue: "Time is up"
        case .paying: "Being completed"
        case .complete: "Complete"
        case .expired: "Expired"
        case .cancelledByBuyer, .buyerBanned, .paymentFailed, .cancelled: "Cancelled"
        case .refunded: "Refunded"
        }
    }

    /// The class of its badge.
    var tone: String {
        switch self {
        case .payable, .overdue, .paying: "wait"
        case .complete: "good"
        case .paymentFailed: "bad"
        case .expired, .cancelledByBuyer, .buyerBanned, .cancelled, .refunded: "off"
        }
    }

    /// Whether the buyer has nothing of it any more.
    var isOver: Bool {
        switch self {
        case .payable, .overdue, .paying, .complete: false
        case .cancelledByBuyer, .expired, .buyerBanned, .paymentFailed, .cancelled, .refunded: true
        }
    }
}
