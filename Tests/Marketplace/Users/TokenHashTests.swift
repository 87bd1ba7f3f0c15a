import Testing

@testable import Marketplace

@Suite struct TokenHashTests {
    @Test func hashesAre64HexadecimalDigitsInJSON() throws {
        let hash = try #require(TokenHash(bytes: (0..<32).map { UInt8($0) * 8 + 7 }))
        try expectGolden(hash, #""070f171f272f373f474f575f676f777f878f979fa7afb7bfc7cfd7dfe7eff7ff""#)
    }

    @Test(arguments: [0, 31, 33, 64])
    func otherLengthsAreRejected(count: Int) {
        #expect(TokenHash(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test(arguments: [
        "", String(repeating: "a", count: 63), String(repeating: "a", count: 65), String(repeating: "g", count: 64),
        " " + String(repeating: "a", count: 63), "é" + String(repeating: "a", count: 62),
        String(repeating: "a", count: 62) + "0x" + "aa",
    ])
    func invalidTextsAreNotDecoded(text: String) {
        #expect(throws: DecodingError.self) { try Wire.value(try Wire.text(text), as: TokenHash.self) }
    }
}
