import Testing

@testable import Marketplace

/// The names of seats, and the keys that make each spelling of a place the same seat.
@Suite struct SeatNamesTests {
    @Test(arguments: [
        (["7"], true), (["A"], true), (["B-12"], true), (["11", "12", "13"], true), (["13", "12", "11"], true),
        (["1", "3", "5"], true), (["6", "4"], true), (["A1", "A2"], true), (["a1", "A2"], true), (["09", "10"], true),
        (["12a", "13a"], true), (["B-9", "B-10"], true), (["A", "B", "C"], true), (["c", "B"], true),
        (["11", "13", "14"], false), (["11", "14"], false), (["A1", "B2"], false), (["A", "C"], false),
        (["1", "2", "1"], false), (["12a", "12b"], false), (["A", "2"], false), (["AA", "AB"], false),
        (["1A", "2"], false), (["VIP", "VIP2"], false), (["５", "6"], true), (["٥", "٦"], true),
        (["é", "e\u{301}1"], false),
    ])
    func neighboursAreNumbersInStepsOrLetters(names: [String], areNeighbours: Bool) {
        #expect(SeatNames.areNeighbours(names) == areNeighbours)
        let refusal = SeatNames.refusal(of: names)
        #expect((refusal == nil) == areNeighbours)
        if !areNeighbours, Set(names).count == names.count {
            #expect(refusal?.message == "Seats must be next to each other. List the others separately.")
        }
    }

    /// A digit with a combining mark is a character that sorts between two digits.
    @Test func marksOfDigitsAreNoNumbers() {
        for names in [["5", "6\u{301}"], ["6\u{301}", "5"], ["6\u{301}", "7\u{301}"], ["5", "6", "7\u{20dd}"]] {
            #expect(!SeatNames.areNeighbours(names))
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func noTextStopsTheProcess(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let scalars = Array("019aZé-٥５Ⅻª \u{301}\u{20dd}\u{fe0f}\u{200b}\u{3164}\u{10ffff}😀ß".unicodeScalars)
        for _ in 0..<50 {
            let names = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                var text = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    text.append(scalars.randomElement(using: &random)!)
                }
                return String(text)
            }
            if SeatNames.areNeighbours(names) { #expect(Set(names.map(SeatKey.folded)).count == names.count) }
            _ = SeatNames.refusal(of: names)
        }
    }

    @Test(arguments: [
        "", "12345678901", "1 2", "1/2", "\u{1f}", "７٫", "a_b", "é\n", "6\u{301}", "12\u{fe0f}", "1\u{34f}2",
        "\u{301}", "-\u{301}", "A\u{200b}",
    ])
    func otherNamesAreRefused(name: String) {
        #expect(!SeatNames.isName(name))
        #expect(SeatNames.refusal(of: [name])?.code == .invalid)
    }

    @Test func aSeatIsNamedOnceHoweverItIsWritten() {
        #expect(SeatNames.refusal(of: ["7", "07"])?.code == .invalid)
        #expect(SeatNames.refusal(of: ["a", "A"])?.code == .invalid)
        #expect(SeatNames.refusal(of: [])?.code == .invalid)
        #expect(SeatNames.refusal(of: (1...64).map(String.init)) == nil)
        #expect(SeatNames.refusal(of: (1...65).map(String.init))?.code == .invalid)
    }

    @Test func eachSpellingOfAPlaceIsOneSeat() {
        let key = SeatKey(section: "Loge 2", row: "É", name: "7")
        for (section, row, name) in [
            ("loge 2", "é", "007"), (" LOGE\u{a0} 02 ", "E\u{301}", "7"), ("Loge\t2", "É", "07"),
            ("Loge\u{200b} 2", "É\u{fe0f}", "7\u{34f}"), ("Ｌｏｇｅ ２", "É", "７"), ("𝐋oge \u{662}\u{ad}", "É", "٧"),
            ("Loge\u{2800}2", "É\u{fff9}", "7\u{13430}"), ("Loge 2\u{fffc}", "É\u{e000}", "7"),
        ] {
            #expect(SeatKey(section: section, row: row, name: name) == key, "\(section)|\(row)|\(name)")
        }
        let dashed = SeatKey(section: "Block A-1", row: "B-2", name: "3-4")
        for (section, row, name) in [
            ("block a\u{2010}1", "B\u{2011}2", "3\u{2013}4"), ("Block A \u{2212} 1", "B- 2", "3 -4"),
        ] {
            #expect(SeatKey(section: section, row: row, name: name) == dashed, "\(section)|\(row)|\(name)")
        }
        let others = [
            SeatKey(section: "Loge", row: "2 É", name: "7"), SeatKey(section: "Loge 2", row: "E", name: "7"),
            SeatKey(section: "Loge 2", row: "É", name: "70"), SeatKey(section: "Loge 20", row: "É", name: "7"),
        ]
        #expect(!others.contains(key))
        #expect(SeatKey(section: "00", row: "0", name: "100").text == "0\u{1f}0\u{1f}100")
    }

    /// ASCII texts are folded without the tables of Unicode. A letter at the end makes a text use them.
    @Test(arguments: 0..<200 as Range<UInt64>) func asciiIsFoldedLikeOtherTexts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let scalars = Array("aZ0019- \t\n/\u{b}".unicodeScalars)
        for _ in 0..<50 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &random) { text.append(scalars.randomElement(using: &random)!) }
            text.append("x")
            #expect(SeatKey.folded(String(text) + "é") == SeatKey.folded(String(text)) + "é", "\(text)")
        }
    }

    @Test func theKeysOfARowAreThoseOfItsSeats() {
        let names = ["7", "B-08", "é1"]
        #expect(
            SeatKey.keys(section: "Block  C", row: "04", names: names)
                == names.map { SeatKey(section: "Block  C", row: "04", name: $0) })
        #expect(!SeatKey.mayBePlace("Block \u{fdfa}") && SeatKey.mayBePlace("Block \u{3316}"))
    }
}
