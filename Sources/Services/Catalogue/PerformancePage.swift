import Marketplace
import PostgresClient
import Storage

/// One page of a search for performances. Equal pages that are read at the same time share a query.
struct PerformancePage: Hashable, Sendable {
    let search: PerformanceSearch
    /// The end of the previous page.
    let cursor: SearchCursor?
    let limit: Int
    /// The time after which a performance must start, or `nil` for the time of the query.
    let now: Timestamp?

    /// Maximum number of words that are replaced. Each replacement needs a search for similar words.
    private static let correctionLimit = 3

    /// Reads the page. If the first page would be empty, words that no performance has are replaced by the most similar
    /// words. While too many searches of other visitors wait for that, the page stays empty.
    ///
    /// - Throws: ``SearchTookTooLong`` if a statement times out, or if too many searches wait.
    func read(from pool: PostgresPool, _ limiters: SearchLimiters) async throws -> PerformanceResults {
        let now = now ?? .now()
        let query = PerformanceQuery(search, now: now)
        do {
            if cursor?.isSimilar != true {
                let results = try await limiters.exact.run { try await page(of: query, pool, now) }
                guard results.performances.isEmpty, cursor == nil, !query.text.words.isEmpty else { return results }
            }
            do {
                return try await limiters.nearest.run { try await similar(query, pool, now) }
            } catch let error as SearchTookTooLong {
                guard cursor == nil else { throw error }
                return PerformanceResults(performances: [])
            }
        } catch let error as PostgresError where error.isTimeout {
            throw SearchTookTooLong()
        }
    }

    private func similar(
        _ query: PerformanceQuery, _ pool: PostgresPool, _ now: Timestamp
    ) async throws -> PerformanceResults {
        var query = query
        let corrections = try await correct(&query, pool, now)
        guard !corrections.isEmpty else { return PerformanceResults(performances: []) }
        var results = try await page(of: query, pool, now)
        results.next?.isSimilar = true
        results.corrections = corrections
        return results
    }

    private func page(of query: PerformanceQuery, _ pool: PostgresPool, _ now: Timestamp) async throws
        -> PerformanceResults
    {
        // One extra row shows that another page follows.
        let rows = try await pool.pipeline([
            SearchPage.settings(timeout: "1500ms"), query.sql(after: cursor, limit: limit + 1, now: now),
        ])[1]
        var found = try rows.decodeKnown { try Performance(row: $0).state }
        guard found.count > limit else { return PerformanceResults(performances: found) }
        found.removeLast()
        let next = found.last.map {
            SearchCursor(number: $0.times.startsAt.microseconds, id: $0.id.uuid, isSimilar: false)
        }
        return PerformanceResults(performances: found, next: next)
    }

    private func correct(
        _ query: inout PerformanceQuery, _ pool: PostgresPool, _ now: Timestamp
    ) async throws -> [SearchNotes.Correction] {
        guard !query.text.words.isEmpty else { return [] }
        let settings = SearchPage.settings(timeout: "500ms")
        let counts = try await pool.pipeline([settings, query.counts(now: now)])[1].decode(Int64.self)
        var corrections: [SearchNotes.Correction] = []
        for (index, count) in counts.enumerated() where count == 0 && corrections.count < Self.correctionLimit {
            let word = query.text.words[index].text
            let key = KnownCity.folded(word)
            guard SearchRelaxation.similarLengths.contains(key.unicodeScalars.count), !key.contains(" ") else {
                return []
            }
            let rows = try await pool.pipeline([
                settings,
                """
                SELECT spelling, likeness::float8 FROM catalogue.similar_words(
                    \(key), \(Spelling.transpositions(of: key)), \(now))
                """,
            ])[1]
            let candidates = try rows.decode((String, Double).self).map { (spelling: $0.0, likeness: $0.1) }
            guard let best = Spelling.best(for: key, of: candidates, limit: 1).first else { return [] }
            query.text.words[index] = SearchText.Word(text: best)
            corrections.append(.init(from: word, to: best))
        }
        return corrections
    }
}
