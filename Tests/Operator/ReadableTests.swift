import Testing

@testable import Operator

struct ReadableTests {
    @Test(arguments: [
        (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (4_290, "4.2 s"), (59_999, "59.9 s"), (200_000, "3 min 20 s"),
        (3_600_000, "1 h 0 min"), (7_500_000, "2 h 5 min"), (273_600_000, "3 d 4 h"),
    ])
    func `durations are shown in their two largest units`(milliseconds: Int, text: String) {
        #expect(Readable.duration(milliseconds: milliseconds) == text)
    }

    @Test func `control characters are escaped`() {
        #expect(Readable.line("a\u{1b}[2Jb\nc\u{202e}d\u{7f}") == #"a\u{1b}[2Jb\u{a}c\u{202e}d\u{7f}"#)
        #expect(Readable.line("Zürich, 東京 🎫") == "Zürich, 東京 🎫")
        #expect(Readable.line([0x61, 0xff, 0x62]) == "a\u{fffd}b")
    }

    @Test func `long texts are cut and end with an ellipsis`() {
        #expect(Readable.short("abcd", 4) == "abcd")
        #expect(Readable.short("abcde", 4) == "abc…")
    }

    @Test func `columns are as wide as their widest cell`() {
        var table = Table(columns: [("NAME", .left), ("N", .right), ("WHY", .left)])
        table.rows = [["a", "100", "x"], ["longer", "2", ""]]
        #expect(table.text == "NAME      N  WHY\na       100  x\nlonger    2")
    }
}
