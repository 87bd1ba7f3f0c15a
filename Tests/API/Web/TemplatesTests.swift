import Testing

@testable import API

struct TemplatesTests {
    private static let hostile = "<b>\"'&\u{338} \"\u{338} onload=\u{200D}x '\u{301}"
    private static let escaped = "&lt;b&gt;&quot;&#39;&amp;\u{338} &quot;\u{338} onload=\u{200D}x &#39;\u{301}"

    private func render(_ texts: [String: String], _ view: View) throws -> String {
        try #require(Templates(texts.mapValues { Array($0.utf8) }).render("page", view))
    }

    @Test("Text is escaped byte by byte in templates, sections, partials and blocks")
    func escapesByteByByte() throws {
        let text = try render(
            [
                "page":
                    "{{<layout}}{{$main}}{{a}}|{{#in}}{{a}}{{/in}}|{{>part}}|{{#in}}{{>part}}{{/in}}{{/main}}{{/layout}}",
                "layout": "{{a}}|{{$main}}{{/main}}|{{$other}}{{a}}{{/other}}", "part": "{{a}}",
            ], ["a": Self.hostile, "in": ["b": 1] as View])
        #expect(text == Array(repeating: Self.escaped, count: 6).joined(separator: "|"))
    }

    @Test("A name with the value nil is not looked up in the surrounding view")
    func nilValueHidesTheOuterValue() throws {
        let view: View = ["a": "outer", "in": ["a": nil] as View]
        #expect(try render(["page": "{{#in}}[{{a}}]{{#a}}!{{/a}}{{^a}}none{{/a}}{{/in}}"], view) == "[]none")
    }

    @Test("Embedded JSON cannot end its script element, with any scalars around the tag")
    func embeddedJSONHasNoTags() {
        let text = EmbeddedJSON.text("{\"name\":\"\u{D4E}</script>\u{D4E}<!--<script>\u{301}<\u{301}b\"}")
        #expect(!text.utf8.contains(UInt8(ascii: "<")))
        #expect(text.unicodeScalars.contains("\u{D4E}"))
        #expect(text.hasSuffix("\\u003c\u{301}b\"}"))
    }

    @Test("Markup escapes the texts in it, and a template inserts markup unchanged only with three braces")
    func markupEscapesTexts() throws {
        let none: HTML? = nil
        let inner: HTML = "<i title=\"\(Self.hostile)\">\(Self.hostile)</i>"
        let outer: HTML = "<p>\(inner)\(none)\([inner, inner])</p>"
        let text = "<i title=\"\(Self.escaped)\">\(Self.escaped)</i>"
        #expect(outer.text == "<p>\(text)\(text)\(text)</p>")
        #expect(try render(["page": "{{{a}}}{{#a}}{{{.}}}{{/a}}"], ["a": inner]) == text + text)
        #expect(try render(["page": "{{a}}"], ["a": "<b>" as HTML]) == "&lt;b&gt;")
    }

    @Test("Only values that hold markup are inserted unchanged")
    func tripleBracesAreForMarkup() {
        let names = Templates.embedded.values.flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).matches(of: /\{\{\{([^}]*)\}\}\}/).map { String($0.output.1) }
        }
        // `.` is the value of a section: the chips of cities and of currencies.
        #expect(
            Set(names) == [".", "art", "cards", "head.structured", "offers", "quantities", "rows", "times"])
    }

    @Test("Every embedded template can be parsed and rendered")
    func everyTemplateRenders() throws {
        let templates = try Templates()
        for name in Templates.embedded.keys { #expect(templates.render(name, [:]) != nil) }
    }
}
