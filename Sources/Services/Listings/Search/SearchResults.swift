public import Marketplace

/// A page of search results.
public struct SearchResults: Hashable, Sendable {
    public var listings: [Listing]
    /// The start of the next page, if there is one.
    public var next: SearchCursor?
    /// True if nothing matched, and these are the nearest matches.
    public var isSimilar: Bool
    /// The changes to the search that led to these results, if ``isSimilar``.
    public var notes = SearchNotes()

    public init(listings: [Listing], next: SearchCursor? = nil, isSimilar: Bool = false) {
        self.listings = listings
        self.next = next
        self.isSimilar = isSimilar
    }
}
