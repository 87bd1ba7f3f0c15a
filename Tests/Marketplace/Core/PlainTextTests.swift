import Testing

@testable import Marketplace

@Suite struct PlainTextTests {
    @Test(arguments: [
        "\u{200B}", "\u{200D}\u{200D}", "\u{2060}", "\u{3164}", "\u{FFA0}", "\u{115F}", "\u{2800}", "\u{00AD}",
        "\u{0301}", "\u{FE0F}", "\u{E0020}", "\u{180E}", "\u{00A0}\u{3000}", " ", "", "\u{E000}",
    ])
    func textWithoutAVisibleCharacterIsRefused(text: String) {
        #expect(!PlainText.isLine(text, upTo: 200))
        #expect(!PlainText.isParagraphs(text, upTo: 200))
    }

    @Test(arguments: ["Hamlet", "東京", "🎸", "👨‍👩‍👧", "é", "e\u{0301}", "!!!", "\u{200B}x", "می‌خواهم"])
    func textWithAVisibleCharacterIsAccepted(text: String) { #expect(PlainText.isLine(text, upTo: 200)) }
}
