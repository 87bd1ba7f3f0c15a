import Testing

@testable import Services

/// Tests which words are suggested for a misspelled word.
@Suite struct SpellingTests {
    /// The misspelled word, and the correct one.
    @Test(
        arguments: [
            ("hamlte", "hamlet"), ("colpdlay", "coldplay"), ("kolplay", "coldplay"), ("beyonse", "beyonce"),
            ("swft", "swift"), ("shakespear", "shakespeare"), ("chaikovsky", "tchaikovsky"), ("opra", "opera"),
            ("berln", "berlin"), ("bethofen", "beethoven"), ("mozrat", "mozart"), ("colpd", "coldplay"),
        ] as [(String, String)])
    func nearWordsAreSuggested(word: String, meant: String) {
        #expect(Spelling.best(for: word, of: [(meant, 0.3)], limit: 3) == [meant])
    }

    /// The word, and another one that shares many of its letters or trigrams.
    @Test(
        arguments: [
            ("hamlte", "wohltemperierte"), ("opra", "paris"), ("swan", "susan"), ("rock", "rocket"),
            ("jazz", "brazzaville"), ("phantom", "panorama"), ("london", "boston"), ("metallica", "mechanical"),
            ("night", "knights"), ("verdi", "vivaldi"), ("brelin", "colin"),
        ] as [(String, String)])
    func otherWordsAreNot(word: String, other: String) {
        #expect(Spelling.best(for: word, of: [(other, 0.6)], limit: 3).isEmpty)
    }

    @Test func theNearestWordIsFirstAndFarOnesAreLeftOut() {
        let candidates = [("das", 0.9), ("wohltemperierte", 0.8), ("hamster", 0.4), ("hamlet", 0.3)]
        #expect(Spelling.best(for: "Hamlte", of: candidates, limit: 3).first == "hamlet")
        #expect(!Spelling.best(for: "Hamlte", of: candidates, limit: 3).contains("wohltemperierte"))
    }

    /// ASCII texts are folded without the tables of Unicode. A letter at the end makes a text use them.
    @Test(arguments: ["New-York", "  St. Gallen!", "A&B  c", "", "--", "Rio_de 9", "O'Neill"])
    func asciiIsFoldedLikeOtherTexts(text: String) {
        #expect(KnownCity.folded(text + "xé") == KnownCity.folded(text + "x") + "e")
    }
}
