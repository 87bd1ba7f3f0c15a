import Marketplace

/// The status of an order as its buyer sees it.
enum OrderStatusView: Hashable, Sendable {
    case payable
    /// The hold has expired, but the order is not cancelled yet.
    case overdue
    /// The payment is authorized and being captured.
    case paying
    case complete
    case cancelledByBuyer, expired, buyerBanned, paymentFailed
    /// Cancelled for a reason that this build does not know.
    case cancelled
    case refunded

    init(_ order: OrderState, now: Timestamp) {
        self =
            switch (order.status, order.reason) {
            case (.awaitingPayment, _): order.expiresAt > now ? .payable : .overdue
            case (.confirmed, _): .paying
            case (.complete, _): .complete
            case (.refunded, _): .refunded
            case (.cancelled, .some(.cancelledByBuyer)): .cancelledByBuyer
            case (.cancelled, .some(.expired)): .expired
            case (.cancelled, .some(.buyerBanned)): .buyerBanned
            case (.cancelled, .some(.paymentFailed)): .paymentFailed
            case (.cancelled, _): .cancelled
            }
    }

    var name: String {
        switch self {
        case .payable: "Reserved for you"
        case .overdue: "Time's up"
        case .paying: "Processing payment"
        case .complete: "Paid"
        case .expired: "Expired"
        case .cancelledByBuyer: "Cancelled by you"
        case .paymentFailed: "Payment failed"
        case .buyerBanned, .cancelled: "Cancelled"
        case .refunded: "Refunded"
        }
    }

    /// The CSS class of the badge.
    var tone: String {
        switch self {
        case .payable, .overdue, .paying: "wait"
        case .complete: "good"
        case .paymentFailed: "bad"
        case .expired, .cancelledByBuyer, .buyerBanned, .cancelled, .refunded: "off"
        }
    }

    /// Is true if the order is cancelled or refunded, so that the buyer has no tickets from it.
    var isClosed: Bool {
        switch self {
        case .payable, .overdue, .paying, .complete: false
        case .cancelledByBuyer, .expired, .buyerBanned, .paymentFailed, .cancelled, .refunded: true
        }
    }
}
