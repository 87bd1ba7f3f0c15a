/// The changes that were made to a search that found nothing.
public struct SearchNotes: Hashable, Sendable {
    /// A word or city that no listing has, and its replacement in the search.
    public struct Correction: Hashable, Sendable {
        public let from: String
        public let to: String
        /// Other words whose spelling is nearly as similar.
        public var others: [String] = []
    }

    public var corrections: [Correction] = []
    /// The words that were left out to get results.
    public var leftOut: [String] = []

    public init() {}
}
