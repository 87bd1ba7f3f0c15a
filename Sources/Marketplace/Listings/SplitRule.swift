/// A seller's rule for the quantities in which buyers may order a listing's tickets.
///
/// Its name is stored, and is part of the API and of events.
public enum SplitRule: Hashable, Sendable {
    /// Any quantity, as in a listing without a rule.
    case any
    /// Even quantities.
    case pairs
    /// Two or more, so that the seller is never left with a single ticket.
    case noSingle
    /// All tickets of the listing in one order.
    case allTogether
    /// These quantities.
    case custom(QuantitySet)

    /// The quantities that an order of a listing with this number of tickets may have.
    public func quantities(of offered: Int) -> QuantitySet {
        switch self {
        case .any: .all
        case .pairs: QuantitySet(bits: 0xAAAA_AAAA_AAAA_AAAA)
        case .noSingle: QuantitySet(bits: ~1)
        case .allTogether: QuantitySet(CollectionOfOne(offered))
        case .custom(let quantities): quantities
        }
    }
}

extension SplitRule {
    /// The rule, or nil for ``any``, because listings without a rule store nothing.
    var unlessAny: SplitRule? { self == .any ? nil : self }
}

extension SplitRule: NamedValue {
    /// `any`, `pairs`, `no_single`, `all_together`, or the quantities of a custom rule in ascending order: `2,4`.
    public init?(rawValue: String) {
        switch rawValue {
        case "any": self = .any
        case "pairs": self = .pairs
        case "no_single": self = .noSingle
        case "all_together": self = .allTogether
        default:
            guard let quantities = Self.quantities(rawValue) else { return nil }
            self = .custom(quantities)
        }
    }

    public var rawValue: String {
        switch self {
        case .any: "any"
        case .pairs: "pairs"
        case .noSingle: "no_single"
        case .allTogether: "all_together"
        case .custom(let quantities): quantities.quantities.map(String.init).joined(separator: ",")
        }
    }

    /// Maximum length of a name: the length with all 64 quantities.
    public static let nameLimit = 182

    /// Reads only the canonical text, so that equal rules have equal names.
    private static func quantities(_ text: String) -> QuantitySet? {
        guard text.utf8.count <= nameLimit else { return nil }
        let set = QuantitySet(text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Int($0) })
        return set.isEmpty || SplitRule.custom(set).rawValue != text ? nil : set
    }
}
