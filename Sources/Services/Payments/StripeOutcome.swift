import FoundationEssentials
import Marketplace
import Storage

/// The outcome of a call or a poll, stored only if its lease still holds.
enum StripeOutcome: Sendable {
    case called(LeasedCall, PaymentOutcome)
    case polled(LeasedPoll, PaymentSnapshot)
    case pollFailed(LeasedPoll, retryAfter: Duration?)

    var order: OrderID {
        switch self {
        case .called(let call, _): call.order
        case .polled(let poll, _), .pollFailed(let poll, _): poll.order
        }
    }

    var token: UUID {
        switch self {
        case .called(let call, _): call.token
        case .polled(let poll, _), .pollFailed(let poll, _): poll.token
        }
    }

    func isLeased(in locked: LockedPayments) -> Bool {
        switch self {
        case .called(let call, _): locked.isLeased(call)
        case .polled(let poll, _), .pollFailed(let poll, _): locked.isLeased(poll)
        }
    }

    func apply(to payments: inout OrderPayments, now: Timestamp) {
        switch self {
        case .called(let call, let outcome): payments.finish(call.name, outcome, now: now)
        case .polled(let poll, let snapshot): payments.observe(poll.attempt, snapshot, now: now)
        case .pollFailed(let poll, let delay): payments.pollFailed(poll.attempt, retryAfter: delay, now: now)
        }
    }
}
