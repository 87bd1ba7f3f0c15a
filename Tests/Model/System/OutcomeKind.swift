import Marketplace

/// The kind of a decision's outcome, which can be compared.
enum OutcomeKind: Hashable {
    case reply, refused(Refusal.Code), deferred, replyLater

    init(_ outcome: Decision.Outcome) {
        self =
            switch outcome {
            case .reply: .reply
            case .refused(let refusal): .refused(refusal.code)
            case .deferred: .deferred
            case .replyLater: .replyLater
            }
    }
}
