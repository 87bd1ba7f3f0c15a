public import FoundationEssentials

/// The ids that begin with the same hexadecimal digits. An index of ids finds them, because a uuid sorts by its bytes.
public struct IDPrefix: Hashable, Sendable {
    /// A shorter prefix would match too many ids.
    public static let minimumDigits = 6

    public let first: UUID
    public let last: UUID

    /// Returns `nil` unless the text has ``minimumDigits`` to 32 hexadecimal digits. Hyphens are ignored.
    public init?(_ text: String) {
        let digits = text.filter { $0 != "-" }
        guard (Self.minimumDigits...32).contains(digits.utf8.count), digits.utf8.count == digits.count,
            digits.allSatisfy(\.isHexDigit)
        else { return nil }
        func id(filledWith digit: String) -> UUID? {
            let all = Array(digits + String(repeating: digit, count: 32 - digits.count))
            let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(all[$0]) }
            return UUID(uuidString: groups.joined(separator: "-"))
        }
        guard let first = id(filledWith: "0"), let last = id(filledWith: "f") else { return nil }
        (self.first, self.last) = (first, last)
    }
}
