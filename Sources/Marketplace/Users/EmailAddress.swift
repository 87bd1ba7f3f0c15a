// FoundationEssentials can't convert internationalised domains.
import Foundation

/// A valid e-mail address in lower case, so that all spellings lead to the same account.
///
/// The rule is the HTML standard's (section 4.10.5.1.5, "valid e-mail address"). In addition, the domain must contain a
/// dot, and RFC 5321's limits apply: 64 bytes before the `@`, 254 in total. A dot at the end of the domain is left out,
/// and an internationalised domain is converted to ASCII (UTS #46), as browsers do: `bücher.example` is
/// `xn--bcher-kva.example`.
public struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init?(_ input: String) {
        // Before its conversion to ASCII, an address may have twice the maximum length. A longer text could take long
        // to convert.
        guard input.utf8.count <= 508, let ascii = Self.ascii(input), ascii.utf8.count <= 254 else { return nil }
        let text = ascii.lowercased()
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isLocal(parts[0]), Self.isDomain(parts[1]) else { return nil }
        self.text = text
    }

    public var description: String { text }

    /// The address with its domain in ASCII and without the dot at its end, or nil if the part before the `@` is not
    /// ASCII.
    private static func ascii(_ input: String) -> String? {
        let input = input.last == "." ? String(input.dropLast()) : input
        guard input.utf8.contains(where: { $0 >= 0x80 }) else { return input }
        guard let at = input.firstIndex(of: "@"), input[..<at].utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        var address = URLComponents()
        address.host = String(input[input.index(after: at)...])
        guard let domain = address.encodedHost, domain.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        return input[...at] + domain
    }

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
