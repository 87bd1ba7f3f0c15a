import Marketplace

/// A decision that can be compared and printed.
struct Outcome: Hashable, CustomStringConvertible {
    /// `done {…}`, `refused code`, `put off` or `answered later`.
    var verdict: String
    var events: [String]

    init(_ decision: Decision) throws {
        verdict =
            switch decision.verdict {
            case .done(let reply): "done \(try Wire.text(reply))"
            case .refused(let refusal): "refused \(refusal.code.rawValue)"
            case .putOff: "put off"
            case .answeredLater: "answered later"
            }
        events = try decision.events.map {
            "\($0.type.rawValue) \($0.subject) \($0.version) \(try Wire.text($0.body))"
        }
    }

    var description: String { ([verdict] + events).joined(separator: "\n  ") }
}

extension Decision {
    var refusal: Refusal? { if case .refused(let refusal) = verdict { refusal } else { nil } }

    var isDone: Bool { if case .done = verdict { true } else { false } }

    var isPutOff: Bool { if case .putOff = verdict { true } else { false } }

    func reply<Reply>(as type: Reply.Type = Reply.self) -> Reply? {
        if case .done(let reply) = verdict { reply as? Reply } else { nil }
    }

    /// Whether it was taken in with nothing to say and nothing to tell.
    var isSilent: Bool { reply(as: Verdict.Empty.self) != nil && events.isEmpty }
}
