/// One variable of the environment that GitTix reads. `docs/SETTINGS.md` has a row for each, held to this list by a test.
public struct Variable: Sendable, Hashable {
    /// Which process asks for it.
    public enum Reader: String, Sendable, CaseIterable {
        case api = "API"
        case workers = "Workers"
        case gittix
    }

    public let name: String
    /// What the value is, or what it counts: `URL`, `seconds`, `entries`.
    public let unit: String
    /// What holds when it is not set, as the documentation says it; nil when it must be set.
    public let fallback: String?
    /// A secret's value is never printed, not even a wrong one.
    public let isSecret: Bool
    public let readers: Set<Reader>

    init(
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
