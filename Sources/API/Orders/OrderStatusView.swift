import Marketplace

/// The status of an order for its buyer.
enum OrderStatusView: Hashable, Sendable {
    case payable
    /// The hold has expired, but the order is not cancelled yet.
    case overdue
    /// The payment is authorized and being captured.
    case paying
    case complete
    /// Paid, but the seller was banned.
    case frozen
    case cancelledByBuyer, expired, buyerBanned, paymentFailed, listingTakenDown, eventCancelled
    /// Cancelled for a reason that this build does not know.
    case cancelled
    case refunded

    init(_ order: OrderState, now: Timestamp) {
        self =
            switch (order.status, order.reason) {
            case (.awaitingPayment, _): order.expiresAt > now ? .payable : .overdue
            case (.confirmed, _): .paying
            case (.complete, _): order.frozenAt == nil ? .complete : .frozen
            case (.refunded, _): .refunded
            case (.cancelled, .some(.cancelledByBuyer)): .cancelledByBuyer
            case (.cancelled, .some(.expired)): .expired
            case (.cancelled, .some(.buyerBanned)): .buyerBanned
            case (.cancelled, .some(.paymentFailed)): .paymentFailed
            case (.cancelled, .some(.listingTakenDown)): .listingTakenDown
            case (.cancelled, .some(.eventCancelled)): .eventCancelled
            case (.cancelled, _): .cancelled
            }
    }

    var name: String {
        switch self {
        case .payable: "Reserved for you"
        case .overdue: "Time's up"
        case .paying: "Processing payment"
        case .complete: "Paid"
        case .frozen: "Paid, on hold"
        case .expired: "Expired"
        case .cancelledByBuyer: "Cancelled by you"
        case .paymentFailed: "Payment failed"
        case .buyerBanned, .listingTakenDown, .eventCancelled, .cancelled: "Cancelled"
        case .refunded: "Refunded"
        }
    }

    /// The CSS class of the badge.
    var tone: String {
        switch self {
        case .payable, .overdue, .paying, .frozen: "wait"
        case .complete: "good"
        case .paymentFailed: "bad"
        case .expired, .cancelledByBuyer, .buyerBanned, .listingTakenDown, .eventCancelled, .cancelled, .refunded:
            "off"
        }
    }

    /// True if the order is cancelled or refunded, so that the buyer has no tickets from it.
    var isClosed: Bool {
        switch self {
        case .payable, .overdue, .paying, .complete, .frozen: false
        case .cancelledByBuyer, .expired, .buyerBanned, .paymentFailed, .listingTakenDown, .eventCancelled, .cancelled,
            .refunded:
            true
        }
    }
    /// True if the order is closed, and its listing may still be on sale.
    var mayOrderAgain: Bool { isClosed && self != .listingTakenDown && self != .eventCancelled }
}
