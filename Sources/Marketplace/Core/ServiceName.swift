/// The name of a service: one worker pool, one command stream, one event stream, and usually one database schema.
///
/// Each service declares its own name in its folder. The name is part of Redis keys and is the schema's name.
public struct ServiceName: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
    /// 1 to 40 characters of `a-z`, `0-9` and `_`. The first character is a letter, because the name is used unquoted
    /// in SQL.
    public let rawValue: String

    /// Returns nil if the text is not a valid name.
    public init?(rawValue: String) {
        guard Self.isValid(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// Creates a name from a literal, which must be a valid name.
    public init(_ literal: StaticString) {
        rawValue = literal.description
        precondition(Self.isValid(rawValue), "not a service name: \(rawValue)")
    }

    public var description: String { rawValue }

    private static func isValid(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count) && text.utf8.first.map(isLetter) == true
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
