import JSONCoding
import Testing

@Suite struct JSONFlatObjectTests {
    private func members(_ text: String, maximumDepth: Int = 33) throws -> [String: JSONFlatObject.Value] {
        try JSONFlatObject(Array(text.utf8), maximumDepth: maximumDepth).members
    }

    @Test func `members are read with their values`() throws {
        let text = #" { "a" : null, "b":true,"c":false , "d":"x\u0079", "\u0065":-7, "f":[1,{"g":2}], "h":{} } "#
        #expect(
            try members(text) == [
                "a": .null, "b": .bool(true), "c": .bool(false), "d": .string("xy"), "e": .integer(-7), "f": .nested,
                "h": .nested,
            ])
        #expect(try members("{}").isEmpty)
    }

    @Test func `arrays of only strings or only objects are read with their contents`() throws {
        let value = try members(#"{"a":[{"b":"x","c":[{}]},{"b":2}],"d":["y"],"e":[],"f":[{},1]}"#)
        guard case .objects(let objects) = value["a"] else {
            Issue.record("\(value)")
            return
        }
        #expect(objects.map(\.members["b"]) == [.string("x"), .integer(2)])
        guard case .objects(let inner) = objects[0].members["c"] else {
            Issue.record("\(objects)")
            return
        }
        #expect(inner.map(\.members.isEmpty) == [true])
        #expect(value["d"] == .strings(["y"]) && value["e"] == .strings([]) && value["f"] == .nested)
    }

    @Test(
        arguments: [
            ("0", .integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number), ("1.0", .integer(1)),
            ("-67.00", .integer(-67)), ("1.5", .number), ("1.0e0", .number),
            ("9223372036854775808.0", .number),
            ("1e3", .number),
            ("1e400", .number),
        ] as [(String, JSONFlatObject.Value)])
    func `a sign and digits make an integer, with or without a fraction of zero`(
        number: String, value: JSONFlatObject.Value
    ) throws {
        #expect(try members("{\"n\":\(number)}") == ["n": value])
    }

    @Test(arguments: [
        "", "[]", "1", "null", "{", "{}x", "{\"a\":01}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}", "{\"a\":[{\"b\":1,\"b\":2}]}", "{\"a\":[1,]}", "{\"a\":\"\\ud800\"}",
        "{\"a\":1\u{0}}", "\u{feff}{}",
    ])
    func `a text that is not one object with unique members is refused`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try members(text) }
    }

    @Test func `nesting has a limit`() throws {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(try members(nested(32)) == ["a": .nested])
        #expect(throws: JSONSyntaxError.self) { try members(nested(33)) }
    }

    @Test func `an error gives the position and the reason`() {
        let error = #expect(throws: JSONSyntaxError.self) { try members(#"{"a":1 "b":2}"#) }
        #expect(error?.description == "invalid JSON at byte 7: a comma is missing")
    }
}
