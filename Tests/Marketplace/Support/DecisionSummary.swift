import Marketplace

/// A summary of a decision that can be compared and printed.
struct DecisionSummary: Hashable, CustomStringConvertible {
    /// `reply {…}`, `refused code`, `deferred` or `reply later`.
    var outcome: String
    var events: [String]

    init(_ decision: Decision) throws {
        outcome =
            switch decision.outcome {
            case .reply(let reply): "reply \(try Wire.text(reply))"
            case .refused(let refusal): "refused \(refusal.code.rawValue)"
            case .deferred: "deferred"
            case .replyLater: "reply later"
            }
        events = try decision.events.map {
            "\($0.type.rawValue) \($0.subject) \($0.version) \(try Wire.text($0.body))"
        }
    }

    var description: String { ([outcome] + events).joined(separator: "\n  ") }
}

extension Decision {
    var refusal: Refusal? { if case .refused(let refusal) = outcome { refusal } else { nil } }

    var isDone: Bool { if case .reply = outcome { true } else { false } }

    var isDeferred: Bool { if case .deferred = outcome { true } else { false } }

    func reply<Reply>(as type: Reply.Type = Reply.self) -> Reply? {
        if case .reply(let reply) = outcome { reply as? Reply } else { nil }
    }

    /// True if the message took effect with an empty reply and no events.
    var isSilent: Bool { reply(as: Decision.EmptyReply.self) != nil && events.isEmpty }
}
