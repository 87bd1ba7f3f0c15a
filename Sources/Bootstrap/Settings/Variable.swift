/// An environment variable that GitTix reads. A test checks that `docs/SETTINGS.md` has a row for each.
public struct Variable: Sendable, Hashable {
    /// A program that reads the variable.
    public enum Reader: String, Sendable, CaseIterable {
        case api = "API"
        case workers = "Workers"
        case gittix
    }

    public let name: String
    /// The type or unit of the value, such as `URL`, `seconds` or `entries`.
    public let unit: String
    /// The default in the documentation, or `nil` if the variable must be set.
    public let fallback: String?
    /// True if the value is never printed, even if it is wrong.
    public let isSecret: Bool
    public let readers: Set<Reader>

    public init(
        _ name: String, _ unit: String, fallback: String? = nil, isSecret: Bool = false,
        readers: Set<Reader> = Set(Reader.allCases)
    ) {
        self.name = name
        self.unit = unit
        self.fallback = fallback
        self.isSecret = isSecret
        self.readers = readers
    }
}
