public import Marketplace

/// A page of what a search has found.
public struct SearchResults: Hashable, Sendable {
    public var listings: [Listing]
    /// Where the next page goes on, where there is one.
    public var next: SearchPlace?
    /// Whether these are only spelled like what was looked for, since nothing is what was looked for.
    public var isSimilar: Bool

    public init(listings: [Listing], next: SearchPlace? = nil, isSimilar: Bool = false) {
        self.listings = listings
        self.next = next
        self.isSimilar = isSimilar
    }
}
