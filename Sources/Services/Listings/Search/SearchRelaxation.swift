import Marketplace
import PostgresClient
import Storage

/// Changes a search that finds nothing, so that it finds the nearest matches. Words that no listing has are replaced by
/// the words with the most similar spelling. If no listing has all the words together, words are left out, the most
/// common first.
struct SearchRelaxation {
    /// The changed query, and the changes.
    struct Outcome {
        var query: SearchQuery
        var notes = SearchNotes()
    }

    let pool: PostgresPool
    let now: Timestamp
    let cities: [String]
    /// The time by which all statements of the relaxation must end.
    let deadline: ContinuousClock.Instant

    /// Maximum number of words that are replaced. Each replacement needs a search for similar words.
    private static let correctionLimit = 3

    /// - Throws: ``PostgresError`` with `isTimeout` if the time is up.
    func run(_ query: SearchQuery) async throws -> Outcome {
        var outcome = Outcome(query: query)
        correctCity(in: &outcome)
        let counts = try await correctWords(in: &outcome)
        if try await finds(outcome.query) { return outcome }
        try await leaveOutWords(in: &outcome, counts)
        return outcome
    }

    /// Replaces the name of an unknown city by the most similar name of a known city, if the two differ by a few
    /// letters only.
    private func correctCity(in outcome: inout Outcome) {
        guard let typed = outcome.query.search.city else { return }
        let key = KnownCity.folded(typed)
        let known = cities.map { (name: $0, key: KnownCity.folded($0)) }
        let isKnown = known.contains { $0.key.hasPrefix(key) } || !KnownCity.named(typed).isEmpty
        guard !isKnown, key.count >= 3 else { return }
        let limit = key.count < 6 ? 1 : 2
        let length = key.unicodeScalars.count
        // Names of quite different lengths are never similar.
        let similar = (known + KnownCity.foldedNames).lazy
            .filter { abs($0.key.unicodeScalars.count - length) <= limit }
            .map { (name: $0.name, distance: Spelling.distance(key, $0.key)) }
        guard let best = similar.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return }
        outcome.query.cities = SearchQuery.names(of: best.name)
        outcome.notes.corrections.append(.init(from: typed, to: best.name))
    }

    /// Replaces words that no listing on sale has, and removes a word if no other has a similar spelling. Returns, for
    /// each remaining word, the number of listings that have it, or 1 for a replacement.
    private func correctWords(in outcome: inout Outcome) async throws -> [Int64] {
        guard !outcome.query.text.words.isEmpty else { return [] }
        let counts = try await read(outcome.query.counts(now: now)).decode(Int64.self)
        var words: [SearchText.Word] = []
        var remaining: [Int64] = []
        var tries = 0
        for (word, count) in zip(outcome.query.text.words, counts) {
            guard count == 0 else {
                words.append(word)
                remaining.append(count)
                continue
            }
            tries += 1
            let spellings = tries <= Self.correctionLimit ? try await similar(to: word.text) : []
            if let best = spellings.first {
                words.append(SearchText.Word(text: best))
                remaining.append(1)
                outcome.notes.corrections.append(.init(from: word.text, to: best, others: Array(spellings.dropFirst())))
            } else {
                outcome.notes.leftOut.append(word.text)
            }
        }
        outcome.query.text.words = words
        return remaining
    }

    /// The lengths of words for which similar words are looked for, as in the SQL function `similar_words`. Comparing
    /// longer ones takes tenths of a second.
    static let similarLengths = 3...64

    private func similar(to word: String) async throws -> [String] {
        let key = KnownCity.folded(word)
        guard Self.similarLengths.contains(key.unicodeScalars.count), !key.contains(" ") else { return [] }
        let rows = try await read(
            """
            SELECT spelling, likeness::float8 FROM tickets.similar_words(
                \(key), \(Spelling.transpositions(of: key)), \(now))
            """)
        let candidates = try rows.decode((String, Double).self).map { (spelling: $0.0, likeness: $0.1) }
        return Spelling.best(for: key, of: candidates, limit: 3)
    }

    /// Keeps as many words as a listing has together: the rarest word, and each further word with which the search
    /// still has a result. Days are left out first: the same show on another day is a better match than another show on
    /// that day.
    private func leaveOutWords(in outcome: inout Outcome, _ counts: [Int64]) async throws {
        let words = outcome.query.text.words
        var query = outcome.query
        if let days = query.text.days, !words.isEmpty {
            query.text.days = nil
            if try await finds(query) {
                outcome.notes.leftOut.append(days.text)
                outcome.query = query
                return
            }
        }
        guard words.count > 1 else { return }
        let order = words.indices.sorted { (counts[$0], $0) < (counts[$1], $1) }
        var kept: Set<Int> = []
        for index in order {
            query.text.words = words.indices.filter { kept.contains($0) || $0 == index }.map { words[$0] }
            if try await finds(query) { kept.insert(index) }
        }
        query.text.words = words.indices.filter(kept.contains).map { words[$0] }
        // Without a word, the search would find every listing.
        guard !kept.isEmpty else { return }
        if let days = outcome.query.text.days { outcome.notes.leftOut.append(days.text) }
        outcome.notes.leftOut += words.indices.filter { !kept.contains($0) }.map { words[$0].text }
        outcome.query = query
    }

    private func finds(_ query: SearchQuery) async throws -> Bool {
        // A query without a word or day would find every listing, which is not a useful result.
        guard !query.text.words.isEmpty || query.text.days != nil || !query.cities.isEmpty else { return false }
        return try await !read(query.existence(now: now)).isEmpty
    }

    private func read(_ statement: SQL) async throws -> PostgresRows {
        let left = ContinuousClock.now.duration(to: deadline)
        let milliseconds = max(
            1, min(500, left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000))
        return try await pool.pipeline([SearchPage.settings(timeout: "\(milliseconds)ms"), statement])[1]
    }
}
