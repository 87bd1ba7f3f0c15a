import Marketplace
import Services

extension ListingReads {
    /// Maximum number of pages read to find one that has a listing of a seller who is not banned.
    private static let pageLimit = 4

    /// Searches, and leaves out the listings of sellers who are known to be banned. The listings service withdraws
    /// these in slices, which takes some time if there are many. A page may therefore have fewer listings than `limit`.
    func search(
        _ search: ListingSearch, after cursor: SearchCursor?, limit: Int, without bans: BanList
    ) async throws -> SearchResults {
        var found = try await self.search(search, after: cursor, limit: limit)
        for page in 1... {
            let banned = bans.banned(among: found.listings.lazy.map(\.state.sellerId))
            if banned.isEmpty { break }
            found.listings.removeAll { banned.contains($0.state.sellerId) }
            guard found.listings.isEmpty, let next = found.next, page < Self.pageLimit else { break }
            found = try await self.search(search, after: next, limit: limit)
        }
        return found
    }
}
