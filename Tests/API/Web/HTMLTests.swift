import Testing

@testable import API

@Suite struct HTMLTests {
    @Test(arguments: [
        ("<b>", "&lt;b&gt;"), ("a & b", "a &amp; b"), ("\"'", "&quot;&#39;"), ("é\u{301}…🎫", "é\u{301}…🎫"),
        // These join what follows into one character.
        ("\u{600}<meta>", "\u{600}&lt;meta&gt;"), ("\u{6DD}\"", "\u{6DD}&quot;"), ("<\u{301}", "&lt;\u{301}"),
    ])
    func whatIsInterpolatedIsText(text: String, markup: String) {
        let html: HTML = "\(text)"
        #expect(Array(html.markup.unicodeScalars) == Array(markup.unicodeScalars))
    }

    @Test func whatIsMarkupStaysMarkup() {
        let inner: HTML = "<b>\("<i>")</b>"
        let outer: HTML = "<p>\(inner)</p>"
        #expect(outer.markup == "<p><b>&lt;i&gt;</b></p>")
    }
}
