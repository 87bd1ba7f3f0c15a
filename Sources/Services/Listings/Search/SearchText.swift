import Foundation
import Marketplace

/// The meaning of a text that a visitor searches for: words that a listing must have, and days.
///
/// Generic words ("tickets", "concert") are left out if others remain, because sellers rarely write them. Days and
/// weekdays become a condition on the time. Names of cities also match the city's names in other languages.
struct SearchText: Hashable, Sendable {
    /// A word, or a name of two words, with the other spellings that also match.
    struct Word: Hashable, Sendable {
        var text: String
        var alternatives: [String] = []

        /// The form that the SQL function `tickets.terms_query` takes.
        var parameter: String { ([text] + alternatives).joined(separator: "\u{1f}") }
    }

    var words: [Word] = []
    /// A part of the text that means days, such as "20 jan".
    var days: SearchDays.Phrase?

    /// Maximum number of words. Further words are ignored, so that the work for one search has a bound.
    private static let wordLimit = 10

    /// - Parameters:
    ///   - zone: The zone in which "today" is meant.
    ///   - now: The current time. A date without a year means the next day with this date.
    init(_ text: String, zone: TimeZone, now: Timestamp) {
        let cleaned = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
        var tokens = cleaned.split { $0.isWhitespace }.prefix(Self.wordLimit).map(String.init)
        days = SearchDays.extract(from: &tokens, today: SearchDays.today(at: now, in: zone))
        let specific = tokens.filter { !GenericWords.contains($0) }
        words = Self.words(specific.isEmpty && days == nil ? tokens : specific)
    }

    private static func words(_ tokens: [String]) -> [Word] {
        var words: [Word] = []
        var rest = tokens[...]
        while let first = rest.first {
            let pair = rest.prefix(2).joined(separator: " ")
            let (text, count) = rest.count > 1 && !KnownCity.named(pair).isEmpty ? (pair, 2) : (first, 1)
            words.append(Word(text: text, alternatives: KnownCity.otherNames(of: text)))
            rest = rest.dropFirst(count)
        }
        return words
    }
}
