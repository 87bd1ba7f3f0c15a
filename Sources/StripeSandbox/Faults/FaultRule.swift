import FoundationEssentials

/// A fault of API calls (`operation`) or webhooks (`event`), applied a number of times.
struct FaultRule: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        // API calls.
        /// The call takes effect, and the connection closes in the middle of the response.
        case loseResponse = "lose_answer"
        /// Waits before the call takes effect or, with `after`, between the effect and the response. Also applies to
        /// webhooks.
        case delay
        /// The response has an error status, and the call has no effect. With `after`, the call takes effect first.
        case status
        // Webhooks.
        /// The event is never delivered.
        case drop
        /// The event is delivered twice.
        case `repeat`
        /// The event waits until another event is delivered, at most for `delayMs` (default 2 s).
        case reorder

        var isForCalls: Bool { self == .loseResponse || self == .delay || self == .status }
        var isForWebhooks: Bool { self == .drop || self == .repeat || self == .reorder || self == .delay }
    }

    /// For example `checkout.sessions.create`, or `*`.
    var operation: String?
    /// For example `payment_intent.succeeded`, or `*`.
    var event: String?
    var kind: Kind
    var status: Int
    var delayMilliseconds: Int
    var isAfterEffect: Bool
    /// The number of times that the rule still applies.
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
            throw Invalid(message: "a rule must be a JSON object with `kind`, and with `operation` or `event`")
        }
        guard let kind = Kind(rawValue: wire.kind) else {
            throw Invalid(message: "`kind` must be one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard (wire.operation == nil) != (wire.event == nil) else {
            throw Invalid(message: "a rule must have either an `operation` or an `event`")
        }
        if let operation = wire.operation {
            guard kind.isForCalls else { throw Invalid(message: "`\(kind.rawValue)` applies to webhooks: set `event`") }
            guard operation == "*" || Operation(rawValue: operation) != nil else {
                throw Invalid(
                    message: "`operation` must be * or one of "
                        + Operation.allCases.map(\.rawValue).joined(separator: ", "))
            }
        } else {
            guard kind.isForWebhooks else {
                throw Invalid(message: "`\(kind.rawValue)` applies to API calls: set `operation`")
            }
        }
        let status = wire.status ?? 500
        guard (400...599).contains(status) else { throw Invalid(message: "`status` must be from 400 to 599") }
        let delay = wire.delayMs ?? (kind == .reorder ? 2_000 : 1_000)
        guard (0...600_000).contains(delay) else { throw Invalid(message: "`delayMs` must be from 0 to 600000") }
        let times = wire.times ?? 1
        guard (1...1_000_000).contains(times) else { throw Invalid(message: "`times` must be from 1 to 1000000") }
        self.init(
            operation: wire.operation, event: wire.event, kind: kind, status: status, delayMilliseconds: delay,
            isAfterEffect: wire.after ?? false, times: times)
    }
}
