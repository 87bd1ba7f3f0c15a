/// The destination of a reply: the value `process/waiter` of a command's `reply`.
///
/// The waiter distinguishes the requests of one process that wait for the same command, such as two with the same
/// `Idempotency-Key`. Each request gets its own reply, and a reply that comes twice never answers a later request.
public struct ReplyAddress: Sendable, Hashable {
    /// The process. It is part of the key of the reply stream.
    public let instance: String
    /// The number of the waiting request, or `nil` for all requests that wait for the command.
    public let waiter: UInt64?

    init(instance: String, waiter: UInt64?) {
        self.instance = instance
        self.waiter = waiter
    }

    /// Returns `nil` if the text is not an address, or cannot be part of a key.
    public init?(_ text: String) {
        let end = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        let instance = text.utf8[..<(end ?? text.utf8.endIndex)]
        guard !instance.isEmpty, instance.allSatisfy(Self.isPlain) else { return nil }
        self.instance = String(Substring(instance))
        guard let end else {
            waiter = nil
            return
        }
        let digits = text[end...].dropFirst()
        guard let waiter = UInt64(digits), String(waiter) == digits else { return nil }
        self.waiter = waiter
    }

    /// True for a letter, a digit, `-`, `.` and `_`. Part of a key must not have braces, colons or spaces.
    private static func isPlain(_ byte: UInt8) -> Bool {
        48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte || byte == 45 || byte == 46 || byte == 95
    }
}

extension ReplyAddress: CustomStringConvertible {
    public var description: String { waiter.map { "\(instance)/\($0)" } ?? instance }
}
