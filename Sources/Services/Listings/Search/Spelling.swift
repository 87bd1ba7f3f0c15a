/// Compares the spelling of words.
enum Spelling {
    /// The number of letters to insert, delete, replace, or swap with their neighbour (the optimal string alignment
    /// distance). Words of more than 64 letters are cut.
    static func distance(_ one: String, _ other: String) -> Int {
        let (a, b) = (Array(one.unicodeScalars.prefix(64)), Array(other.unicodeScalars.prefix(64)))
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }

    /// 1 for equal words, 0 for words that share no letter. A match with the beginning of a longer word counts a little
    /// less than a match with a whole word.
    static func likeness(_ word: String, _ candidate: String) -> Double {
        let length = word.unicodeScalars.count
        func part(_ candidate: String) -> Double {
            1 - Double(distance(word, candidate)) / Double(max(length, candidate.unicodeScalars.count, 1))
        }
        let beginning = String(String.UnicodeScalarView(candidate.unicodeScalars.prefix(length)))
        return max(part(candidate), beginning == candidate ? 0 : part(beginning) - 0.1)
    }

    /// The word with each pair of neighbouring letters swapped, 64 at most.
    static func transpositions(of word: String) -> [String] {
        let letters = Array(word.unicodeScalars)
        return (1..<max(1, min(letters.count, 65))).filter { letters[$0] != letters[$0 - 1] }.map { place in
            var swapped = letters
            swapped.swapAt(place, place - 1)
            return String(String.UnicodeScalarView(swapped))
        }
    }

    /// The maximum number of wrong letters in a word of this length.
    static func errorLimit(letters: Int) -> Int {
        switch letters {
        case ...5: 1
        case ...9: 2
        default: 3
        }
    }

    /// True if the candidate, or its beginning if the word is not short, differs from the word by only a few letters.
    static func isNear(_ candidate: String, to word: String) -> Bool {
        let length = word.unicodeScalars.count
        let limit = errorLimit(letters: length)
        if distance(word, candidate) <= limit { return true }
        let beginning = String(String.UnicodeScalarView(candidate.unicodeScalars.prefix(length)))
        return length >= 5 && distance(word, beginning) <= max(1, limit - 1)
    }

    /// The candidates that are near the word, best first. Candidates that are much less similar than the best are left
    /// out. Shared trigrams only affect the order: by trigrams alone, a word would be similar to every longer word that
    /// contains its syllables.
    ///
    /// - Parameter candidates: Words, each with the share of trigrams that it has in common with the word.
    static func best(for word: String, of candidates: [(spelling: String, likeness: Double)], limit: Int) -> [String] {
        let word = KnownCity.folded(word)
        let rated = candidates.filter { $0.spelling != word && isNear($0.spelling, to: word) }.map { candidate in
            (spelling: candidate.spelling, score: max(candidate.likeness, likeness(word, candidate.spelling)))
        }.sorted { ($1.score, $0.spelling) < ($0.score, $1.spelling) }
        guard let best = rated.first else { return [] }
        return rated.filter { $0.score >= best.score * 0.8 }.prefix(limit).map(\.spelling)
    }
}
