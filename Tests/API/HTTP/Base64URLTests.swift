import Foundation
import Testing

@testable import API

@Suite struct Base64URLTests {
    @Test(arguments: 0...70) func itIsFoundationsBase64WithTheURLAlphabet(count: Int) {
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
        let text = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        #expect(Base64URL.encode(bytes) == text)
        #expect(Base64URL.decode(text) == bytes)
    }

    /// If such texts were accepted, one value would have several encodings.
    @Test(arguments: ["A", "AAAAA", "AA==", "AAA=", "AB", "AAB", "A A", "AA\n", "+A", "/A", "ÄA", "AA\0A"])
    func otherTextsAreRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
