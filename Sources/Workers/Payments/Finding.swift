import FoundationEssentials
import Marketplace
import Storage

/// What came of a call or a look, to be stored if its lease still holds.
enum Finding: Sendable {
    case made(LeasedCall, PaymentOutcome)
    case seen(LeasedLook, SeenPayment)
    /// Stripe could not be looked at.
    case missed(LeasedLook, again: Duration)

    var order: OrderID {
        switch self {
        case .made(let call, _): call.order
        case .seen(let look, _), .missed(let look, _): look.order
        }
    }

    var token: UUID {
        switch self {
        case .made(let call, _): call.token
        case .seen(let look, _), .missed(let look, _): look.token
        }
    }

    func isLeased(in payment: LockedPayment) -> Bool {
        switch self {
        case .made(let call, _): payment.isLeased(call)
        case .seen(let look, _), .missed(let look, _): payment.isLeased(look)
        }
    }

    func apply(to file: inout PaymentFile, now: Timestamp) {
        switch self {
        case .made(let call, let outcome): file.finish(call.name, outcome, now: now)
        case .seen(let look, let seen): file.observe(look.attempt, seen, now: now)
        case .missed(let look, let again): file.missed(look.attempt, again: again, now: now)
        }
    }
}
