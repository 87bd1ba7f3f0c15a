import FoundationEssentials

/// Something to go wrong, so many times: with a call of the API (`operation`), or with a webhook (`event`).
struct FaultRule: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        // Calls.
        /// The effect happens; the connection is closed without an answer.
        case loseAnswer = "lose_answer"
        /// Waits before the effect; with `after`, between the effect and the answer.
        case delay
        /// Answers this status instead of the effect; with `after`, the effect happens first.
        case status
        // Webhooks.
        /// Never delivered.
        case drop
        /// Delivered twice.
        case `repeat`
        /// Held back until a later event was delivered, at most `delayMs` (2 s).
        case reorder

        var isForCalls: Bool { self == .loseAnswer || self == .delay || self == .status }
        var isForWebhooks: Bool { self == .drop || self == .repeat || self == .reorder || self == .delay }
    }

    /// `checkout.sessions.create`, or `*`.
    var operation: String?
    /// `payment_intent.succeeded`, or `*`.
    var event: String?
    var kind: Kind
    var status: Int
    var delayMilliseconds: Int
    var isAfterEffect: Bool
    /// How often it is still to happen.
    var times: Int

    var json: JSON {
        var members: [String: JSON] = ["kind": .string(kind.rawValue), "times": .int(Int64(times))]
        if let operation { members["operation"] = .string(operation) }
        if let event { members["event"] = .string(event) }
        if kind == .status { members["status"] = .int(Int64(status)) }
        if kind == .delay || kind == .reorder { members["delayMs"] = .int(Int64(delayMilliseconds)) }
        if isAfterEffect { members["after"] = true }
        return .sorted(members)
    }
}

extension FaultRule {
    struct Invalid: Error {
        var message: String
    }

    private struct Wire: Decodable {
        var operation: String?
        var event: String?
        var kind: String
        var status: Int?
        var delayMs: Int?
        var after: Bool?
        var times: Int?
    }

    /// Reads `{"operation": "payment_intents.capture", "kind": "lose_answer", "times": 1}`.
    init(json: [UInt8]) throws(Invalid) {
        let wire: Wire
        do { wire = try JSONDecoder().decode(Wire.self, from: Data(json)) } catch {
            throw Invalid(message: "a rule is a JSON object with `kind`, `operation` or `event`, and more as it needs")
        }
        guard let kind = Kind(rawValue: wire.kind) else {
            throw Invalid(message: "`kind` is one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard (wire.operation == nil) != (wire.event == nil) else {
            throw Invalid(message: "a rule names either an `operation` of the API or the type of an `event`")
        }
        if let operation = wire.operation {
            guard kind.isForCalls else { throw Invalid(message: "`\(kind.rawValue)` is for webhooks: name an `event`") }
            guard operation == "*" || Operation(rawValue: operation) != nil else {
                throw Invalid(
                    message: "`operation` is * or one of "
                        + Operation.allCases.map(\.rawValue).joined(separator: ", "))
            }
        } else {
            guard kind.isForWebhooks else {
                throw Invalid(message: "`\(kind.rawValue)` is for calls: name an `operation`")
            }
        }
        let status = wire.status ?? 500
        guard (400...599).contains(status) else { throw Invalid(message: "`status` is from 400 to 599") }
        let delay = wire.delayMs ?? (kind == .reorder ? 2_000 : 1_000)
        guard (0...600_000).contains(delay) else { throw Invalid(message: "`delayMs` is from 0 to 600000") }
        let times = wire.times ?? 1
        guard (1...1_000_000).contains(times) else { throw Invalid(message: "`times` is from 1 to 1000000") }
        self.init(
            operation: wire.operation, event: wire.event, kind: kind, status: status, delayMilliseconds: delay,
            isAfterEffect: wire.after ?? false, times: times)
    }
}
