import Foundation
import Testing

@testable import JSONCoding

@Suite struct StreamSafeTextTests {
    /// Combining characters of several classes, which are sorted when strings are compared.
    private static func marks(_ count: Int) -> String {
        String(String.UnicodeScalarView((0..<count).map { ["\u{5b0}", "\u{5b1}", "\u{301}", "\u{323}"][$0 % 4] }))
    }

    @Test func thirtyCombiningCharactersInARowAreTheLimit() {
        for text in ["", "Coldplay", "a" + Self.marks(30), Self.marks(30) + "a" + Self.marks(30), "दिल्ली", "Zażółć"] {
            #expect(
                StreamSafeText.isSafe(text)
                    && StreamSafeText.limited(text).unicodeScalars.elementsEqual(text.unicodeScalars))
        }
        for text in ["a" + Self.marks(31), Self.marks(30) + "\u{f73}", String(repeating: "\u{ff9e}", count: 31)] {
            #expect(!StreamSafeText.isSafe(text) && !StreamSafeText.isSafe(Substring(text + "b")))
            let limited = StreamSafeText.limited(text)
            #expect(StreamSafeText.isSafe(limited) && limited.unicodeScalars.count < text.unicodeScalars.count)
        }
    }

    @Test func bytesThatAreNotUTF8StayAsTheyAre() {
        let long = Array(Self.marks(40).utf8)
        #expect(StreamSafeText.limited(long) == Array(Self.marks(30).utf8))
        #expect(StreamSafeText.limited(long + [0xff]) == long + [0xff])
    }

    /// Each character whose decomposition begins with a combining character counts as one.
    @Test func noCharacterHidesCombiningOnes() {
        for value in UInt32(0x300)...0x3_ffff {
            guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .unassigned else { continue }
            let first = String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars.first ?? scalar
            let isCombining = first.properties.canonicalCombiningClass != .notReordered
            #expect(!isCombining || StreamSafeText.isCombining(scalar), "\(String(value, radix: 16))")
        }
    }

    @Test func longRunsInJSONAreRefused() throws {
        for text in [
            #"{"\#(Self.marks(31))":1}"#, #"{"a":"\#(Self.marks(31))"}"#, #"{"a":["\#(Self.marks(31))"]}"#,
            #"{"a":"\#(String(repeating: #"\u05b0\u05b1"#, count: 16))"}"#, #"{"a":[{"b":"\#(Self.marks(31))"}]}"#,
        ] {
            let error = #expect(throws: JSONSyntaxError.self) { try JSONFlatObject(Array(text.utf8)) }
            #expect(error?.reason == "a text has more than 30 combining characters in a row")
        }
        #expect(try JSONFlatObject(Array(#"{"a":"\#(Self.marks(30))"}"#.utf8)).members["a"] == .string(Self.marks(30)))
    }
}
