import Foundation
import Marketplace
import Testing

@testable import API

@Suite struct JSONFieldsTests {
    private func errors(of body: String, _ read: (inout JSONFields) -> Void) throws -> [String: String] {
        var fields = try JSONFields(Array(body.utf8))
        read(&fields)
        let fine = fields.finish()
        #expect(!fine)
        return Dictionary(fields.problem.errors.map { ($0.field ?? "-", $0.message) }) { first, _ in first }
    }

    @Test(arguments: [
        "", "{", "[]", "null", "1", "\"text\"", "{\"a\":}", "{'a':1}", "{\"a\":1}x", "{\"a\":01}", "nonsense",
        "{\"a\":\"\u{1}\"}", "{\"a\":1\u{0}}", "{\"a\":1,}", "{\"a\":-}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}",
        "{\"a\":+1}",
        "{\"a\":tru}", "{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\u12\"}", "{\"a\":1,\"a\":2}", "{\"a\" 1}", "{a:1}", "{\"a\":[1,]}", "{\"a\":[}", "{\"a\":{\"b\"}}",
        "\u{feff}{}",
    ])
    func textThatIsNotAJSONObjectIsMalformed(body: String) {
        #expect(throws: Problem.self) { try JSONFields(Array(body.utf8)) }
    }

    @Test func bytesThatAreNotUTF8AreMalformed() {
        #expect(throws: Problem.self) { try JSONFields(Array(#"{"a":""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8)) }
        // UTF-16, which some JSON parsers detect.
        #expect(throws: Problem.self) { try JSONFields(Array("{\"a\":1}".data(using: .utf16LittleEndian)!)) }
    }

    @Test func nestedValuesAreSkippedUpToALimit() throws {
        let deep = #"{"a":[[[{"b":[1,"x",null,{}]}]],[]]}"#
        #expect(try errors(of: deep) { _ = $0.text("a", 1...5) } == ["a": "must be a string"])
        // This must not overflow the stack.
        let tooDeep = "{\"a\":" + String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000) + "}"
        #expect(throws: Problem.self) { try JSONFields(Array(tooDeep.utf8)) }
    }

    @Test func escapesAreDecoded() throws {
        var fields = try JSONFields(Array(#" { "t\u0065xt" : "\"\\\/\u00e9\ud83c\udfab" , "n" : -0 } "#.utf8))
        #expect(fields.text("text", 1...20) == "\"\\/é🎫")
        #expect(fields.integer("n", 0...0) == 0)
    }

    @Test func everyErrorIsCollectedAndNamesItsField() throws {
        let found = try errors(of: #"{"title":5,"price":19.99,"quantity":0,"colour":"red","currency":"XXX"}"#) {
            _ = $0.text("title", 1...200)
            _ = $0.price("price")
            _ = $0.integer("quantity", 1...10)
            _ = $0.currency("currency")
            _ = $0.text("missing", 1...5)
        }
        #expect(Set(found.keys) == ["title", "price", "quantity", "colour", "currency", "missing"])
        #expect(found["price"]?.contains("whole number of minor units") == true)
        #expect(found["missing"] == "is required")
        #expect(found["colour"] == "is not a field of this request")
    }

    @Test(arguments: [
        "19.99", "-1", "0", "1000000000000", "9223372036854775808", "-9223372036854775809", "1e400", "\"5\"", "true",
        "null",
        "[5]", "{}", "0.1", "1e-2",
    ])
    func anInvalidPriceIsRefused(text: String) throws {
        #expect(try errors(of: "{\"price\":\(text)}") { _ = $0.price("price") }.keys.contains("price"))
    }

    @Test(arguments: [("1", 1), ("999999999999", 999_999_999_999)] as [(String, Int64)])
    func aPriceIsRead(text: String, value: Int64) throws {
        var fields = try JSONFields(Array("{\"price\":\(text)}".utf8))
        #expect(fields.price("price") == value)
        let fine = fields.finish()
        #expect(fine)
    }

    @Test(arguments: [
        "\\u0000", "\\u0007", "\\n", "\\u007f", "\\u0085", "\\u009b", "\\u2028", "\\u202e", "\\u2066", "\\u200f",
        "\\ufeff",
    ])
    func controlAndDirectionCharactersAreRefused(escape: String) throws {
        let found = try errors(of: "{\"title\":\"a\(escape)b\"}") { _ = $0.text("title", 1...200) }
        #expect(found.keys.contains("title"))
    }

    @Test func textOfEveryScriptIsAccepted() throws {
        var fields = try JSONFields(Array(#"{"title":"  Ünïcödé 東京 👩‍👩‍👧 שלום  "}"#.utf8))
        #expect(fields.text("title", 1...200) == "Ünïcödé 東京 👩‍👩‍👧 שלום")
    }

    @Test func lengthsAreChecked() throws {
        var exact = try JSONFields(Array("{\"title\":\"\(String(repeating: "x", count: 200))\"}".utf8))
        #expect(exact.text("title", 1...200)?.count == 200)
        // Lengths are counted in scalars, not in characters.
        let accents = String(repeating: "e" + String(repeating: "\u{301}", count: 20), count: 10)
        for text in [String(repeating: "x", count: 201), "", "   ", accents] {
            #expect(try errors(of: "{\"title\":\"\(text)\"}") { _ = $0.text("title", 1...200) }.keys.contains("title"))
        }
    }

    @Test(arguments: [
        "", "x", "not-a-uuid", "01a203b0-0320-708a-87c2-f07ae8f054c", "{01a203b0-0320-708a-87c2-f07ae8f054c}",
    ])
    func anInvalidIDIsRefused(text: String) throws {
        let found = try errors(of: "{\"ticketId\":\"\(text)\"}") { _ = $0.id("ticketId", of: Kind.Listing.self) }
        #expect(found.keys.contains("ticketId"))
    }

    @Test func tooManyMembersAreRefused() {
        let body = "{" + (0..<65).map { "\"f\($0)\":1" }.joined(separator: ",") + "}"
        #expect(throws: Problem.self) { try JSONFields(Array(body.utf8)) }
    }

    @Test func theNameOfAnUnknownFieldIsShortenedAndCleaned() throws {
        let name = String(repeating: "n", count: 500) + "\\u202e"
        let found = try errors(of: "{\"\(name)\":1}") { _ in }
        #expect(found.keys.first?.count == 64)
    }

    @Test func passwordsAreCheckedAndKeptUnchanged() throws {
        for (password, fine) in [
            ("short", false), ("eightchr", true), (String(repeating: "long", count: 64), true),
            (String(repeating: "long", count: 64) + "r", false), ("tab\\tinside", false), (" spaces stay ", true),
        ] {
            let body = Array("{\"email\":\"A@Example.com\",\"password\":\"\(password)\"}".utf8)
            let input = try? SignUpInput(body)
            #expect((input != nil) == fine, "\(password)")
            #expect(input?.email.text ?? "a@example.com" == "a@example.com")
            if password == " spaces stay " { #expect(input?.password.text == " spaces stay ") }
        }
    }
}
