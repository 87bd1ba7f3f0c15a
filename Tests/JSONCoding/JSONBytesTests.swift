import FoundationEssentials
import JSONCoding
import Testing

@Suite struct JSONBytesTests {
    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONBytes.encode(value), as: UTF8.self)
    }

    private func read<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONBytes.decode(from: Array(text.utf8))
    }

    // MARK: Comparison with Foundation

    @Test(arguments: 0..<300 as Range<UInt64>) func `each coder reads what the other wrote`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let sample = Sample(using: &random)
        let own = try JSONBytes.encode(sample)
        let foundation = try JSONEncoder().encode(sample)
        #expect(try JSONBytes.decode(Sample.self, from: own) == sample)
        #expect(try JSONDecoder().decode(Sample.self, from: Data(own)) == sample)
        #expect(try JSONBytes.decode(Sample.self, from: Array(foundation)) == sample)
        #expect(try JSONBytes.decode(AnyJSON.self, from: own) == JSONDecoder().decode(AnyJSON.self, from: foundation))
    }

    @Test(arguments: ["\"", "\\", "\0", "\u{1f}", " ", "!", "\u{7f}", "é", "😀"])
    func `characters are escaped wherever they are in a text`(character: String) throws {
        for length in 0...25 {
            for place in 0...length {
                let text =
                    String(repeating: "a", count: place) + character + String(repeating: "z", count: length - place)
                #expect(try JSONDecoder().decode(String.self, from: Data(JSONBytes.encode(text))) == text)
                #expect(try JSONBytes.decode(String.self, from: JSONBytes.encode(text)) == text)
            }
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `a text that Foundation refuses is refused, and others give the same value or fail`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = Array("{}[]\",:\\u0e-+.1ntf \u{1}".utf8)
        let original = try JSONBytes.encode(Sample(depth: 2, using: &random))
        for _ in 0..<20 {
            var spoilt = original
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: 0..<spoilt.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: spoilt.remove(at: place)
                case 1: spoilt[place] = pieces.randomElement(using: &random)!
                default: spoilt.insert(pieces.randomElement(using: &random)!, at: place)
                }
            }
            let own = try? JSONBytes.decode(AnyJSON.self, from: spoilt)
            let foundation = try? JSONDecoder().decode(AnyJSON.self, from: Data(spoilt))
            // Foundation accepts a comma after the last member, and reads large numbers with a fraction as integers.
            #expect(own == nil || own?.rounded == foundation?.rounded, "\(String(decoding: spoilt, as: UTF8.self))")
        }
    }

    // MARK: Values

    @Test func `members are written in the order of encoding, and a nil optional is left out`() throws {
        struct Thing: Codable {
            var z = 1
            var a: [String] = ["b/c", "\u{1}\"\\\n"]
            var m: Int?
            var i = Inner()
            struct Inner: Codable {}
        }
        #expect(try text(Thing()) == #"{"z":1,"a":["b/c","\u0001\"\\\n"],"i":{}}"#)
    }

    @Test func `a text may be a single value`() throws {
        #expect(try text("text") == #""text""#)
        #expect(try text(Int?.none) == "null")
        #expect(try text([[Int]]()) == "[]")
        #expect(try read(" 17 ", as: Int.self) == 17)
    }

    @Test func `a number that JSON cannot represent is refused`() {
        for number in [Double.nan, .infinity] { #expect(throws: EncodingError.self) { try text([number]) } }
    }

    @Test func `a number is read in any notation if it fits the type`() throws {
        #expect(try read("-0", as: Int.self) == 0)
        #expect(try read("1e3", as: Int.self) == 1000)
        #expect(try read("2.0", as: UInt8.self) == 2)
        #expect(try read("-9223372036854775808", as: Int64.self) == .min)
        #expect(try read("0.5", as: Float.self) == 0.5)
        for wrong in ["1.5", "256", "-1", "1e300"] {
            #expect(throws: DecodingError.self, "\(wrong)") { try read(wrong, as: UInt8.self) }
        }
        #expect(throws: DecodingError.self) { try read("9223372036854775808", as: Int64.self) }
        #expect(throws: DecodingError.self) { try read("1e400", as: Double.self) }
    }

    @Test func `escapes are read, and unpaired surrogates are refused`() throws {
        #expect(try read(#""\ud83c\udfab \u00e9\/\b\f\n\r\t\"\\""#, as: String.self) == "🎫 é/\u{8}\u{c}\n\r\t\"\\")
        #expect(try read(#"{"\u0061":1}"#, as: [String: Int].self) == ["a": 1])
        for half in [#""\ud83c""#, #""\udfab""#, #""\ud83cx""#, #""\ud83c\u0041""#] {
            #expect(throws: DecodingError.self, "\(half)") { try read(half, as: String.self) }
        }
    }

    @Test func `text that is not UTF-8 is refused`() {
        #expect(throws: DecodingError.self) {
            try JSONBytes.decode(String.self, from: [UInt8(ascii: "\""), 0xff, UInt8(ascii: "\"")])
        }
    }

    @Test func `nesting beyond the limit is refused`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try read(nested(JSONBytes.maximumDepth), as: AnyJSON.self)
        #expect(throws: DecodingError.self) { try read(nested(JSONBytes.maximumDepth + 1), as: AnyJSON.self) }
    }

    // MARK: Errors

    struct Order: Decodable {
        struct Item: Decodable { var price: Int }
        var items: [Item]
    }

    @Test func `an error names the path`() throws {
        func path(_ text: String) throws -> String {
            do {
                _ = try read(text, as: Order.self)
                return ""
            } catch let error as DecodingError {
                let (context, missing): (DecodingError.Context, String?) =
                    switch error {
                    case .keyNotFound(let key, let context): (context, key.stringValue)
                    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                        (context, nil)
                    @unknown default: throw error
                    }
                return (context.codingPath.map(\.stringValue) + [missing].compactMap(\.self)).joined(separator: ".")
            }
        }
        #expect(try path(#"{}"#) == "items")
        #expect(try path(#"{"other":[1],"items":[{"price":1},{"price":"2"}]}"#) == "items.1.price")
        #expect(try path(#"{"items":[{"price":1},{}]}"#) == "items.1.price")
        #expect(try path(#"{"items":null}"#) == "items")
        #expect(try path(#"{"items":[{"price":0.5}]}"#) == "items.0.price")
    }

    @Test func `a missing value and a value of another type are different errors`() {
        #expect { try read(#"{"items":null}"#, as: Order.self) } throws: {
            if case DecodingError.valueNotFound = $0 { true } else { false }
        }
        #expect { try read(#"{"items":{}}"#, as: Order.self) } throws: {
            if case DecodingError.typeMismatch = $0 { true } else { false }
        }
    }
}
