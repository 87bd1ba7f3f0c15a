import FoundationEssentials

/// A valid e-mail address in lower case, so that each spelling leads to the same account.
///
/// The rule is the HTML standard's (section 4.10.5.1.5, "valid e-mail address"). In addition, the domain must contain a
/// dot, and RFC 5321's limits apply: 64 bytes before the `@`, 254 in total.
public struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init?(_ input: String) {
        // Checked first, because some letters outside ASCII have an ASCII lower case (the Kelvin sign becomes k).
        guard input.utf8.count <= 254, input.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let text = input.lowercased()
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isLocal(parts[0]), Self.isDomain(parts[1]) else { return nil }
        self.text = text
    }

    public var description: String { text }

    private static let localExtras = Set(".!#$%&'*+/=?^_`{|}~-".utf8)

    private static func isLocal(_ part: Substring) -> Bool {
        (1...64).contains(part.utf8.count) && part.utf8.allSatisfy { isAlphanumeric($0) || localExtras.contains($0) }
    }

    private static func isDomain(_ part: Substring) -> Bool {
        let labels = part.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy(isLabel)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.utf8.count) && label.utf8.first != hyphen && label.utf8.last != hyphen
            && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == hyphen }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension EmailAddress: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let email = EmailAddress(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an e-mail address")
        }
        self = email
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
