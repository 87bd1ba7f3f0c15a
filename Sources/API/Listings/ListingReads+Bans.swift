import Marketplace
import Services

// The listings service withdraws the listings of a banned seller in slices, which takes some time if there are many.
// Therefore lists leave out the listings of sellers who are known to be banned. A page may have fewer listings than
// `limit`.
extension ListingReads {
    /// Searches, and leaves out listings of banned sellers and listings whose split rule forbids the quantity.
    func search(
        _ search: ListingSearch, after cursor: SearchCursor?, limit: Int, allowsSimilar: Bool = true,
        without bans: BanList
    ) async throws -> SearchResults {
        try await page(after: cursor, without: bans, for: search.quantity) {
            try await self.search(search, after: $0, limit: limit, allowsSimilar: allowsSimilar)
        }
    }

    /// Reads offers, and leaves out offers of banned sellers and offers whose split rule forbids the quantity.
    func offers(
        _ search: OfferSearch, after cursor: OfferCursor?, limit: Int, without bans: BanList
    ) async throws -> OfferResults {
        try await page(after: cursor, without: bans, for: search.quantity) {
            try await offers(search, after: $0, limit: limit)
        }
    }

    /// Maximum number of pages to read until a page has a listing that is not left out.
    private static let pageLimit = 4

    private func page<Results: ListingResults>(
        after cursor: Results.Cursor?, without bans: BanList, for quantity: Int?,
        _ read: (Results.Cursor?) async throws -> Results
    ) async throws -> Results {
        var found = try await read(cursor)
        for page in 1... {
            let banned = bans.banned(among: found.listings.lazy.map(\.state.sellerId))
            let count = found.listings.count
            found.listings.removeAll { banned.contains($0.state.sellerId) }
            found.listings.removeAll { !$0.allows(quantity: quantity) }
            if found.listings.count == count { break }
            guard found.listings.isEmpty, let next = found.next, page < Self.pageLimit else { break }
            found = try await read(next)
        }
        return found
    }
}

/// One page of listings.
private protocol ListingResults {
    associatedtype Cursor
    var listings: [Listing] { get set }
    /// The start of the next page, if there is one.
    var next: Cursor? { get }
}

extension SearchResults: ListingResults {}

extension OfferResults: ListingResults {
    fileprivate var listings: [Listing] {
        get { offers }
        set { offers = newValue }
    }
}
