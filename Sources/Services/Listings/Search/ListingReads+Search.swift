public import Marketplace
import PostgresClient
import Storage

extension ListingReads {
    /// Returns a page of listings that match and are on sale: not withdrawn, not started, and not sold out.
    ///
    /// A text matches words and the beginnings of words, and the days that it names. If the first page would be empty,
    /// the search returns the nearest matches (``SearchNotes``), or nothing if that takes too long. Simultaneous
    /// identical searches share one query.
    ///
    /// - Parameter allowsSimilar: False to find only exact matches.
    /// - Throws: ``SearchTookTooLong`` if the search times out, or if too many searches wait.
    public func search(
        _ search: ListingSearch, after cursor: SearchCursor? = nil, limit: Int, allowsSimilar: Bool = true,
        now: Timestamp? = nil
    ) async throws -> SearchResults {
        try await searches.value(
            of: SearchPage(search: search, cursor: cursor, limit: limit, allowsSimilar: allowsSimilar, now: now))
    }

    /// Returns the cities and currencies of the listings on sale. The result is at most some minutes old.
    public func choices() async -> SearchChoices { await choicesCache.value() }
}
