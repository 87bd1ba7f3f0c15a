/// Where a reply goes: a command's `reply`, as `process/ticket`.
///
/// The ticket tells apart the requests of one process that wait for the same command, such as two that use one
/// `Idempotency-Key`: each is answered for itself, and a reply that comes twice never answers a later request.
public struct ReplyAddress: Sendable, Hashable {
    /// The process: part of its stream's key.
    public let instance: String
    /// Which of its waits; nil stands for all that wait for the command.
    public let ticket: UInt64?

    init(instance: String, ticket: UInt64?) {
        self.instance = instance
        self.ticket = ticket
    }

    /// Nil for what can't be part of a key, or is not an address.
    public init?(_ text: String) {
        let end = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let instance = text.utf8[..<(end ?? text.utf8.endIndex)]
        guard !instance.isEmpty, instance.allSatisfy(Self.isPlain) else { return nil }
        self.instance = String(Substring(instance))
        guard let end else {
            ticket = nil
            return
        }
        let digits = text[end...].dropFirst()
        guard let ticket = UInt64(digits), String(ticket) == digits else { return nil }
        self.ticket = ticket
    }

    /// What becomes part of a key has no braces, colons or blanks.
    private static func isPlain(_ byte: UInt8) -> Bool {
        48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte || byte == 45 || byte == 46 || byte == 95
    }
}

extension ReplyAddress: CustomStringConvertible {
    public var description: String { ticket.map { "\(instance)/\($0)" } ?? instance }
}
