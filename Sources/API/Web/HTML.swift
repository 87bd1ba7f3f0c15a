/// HTML that can only be put together escaped: what is interpolated is text, never markup.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    let markup: String

    init(stringLiteral value: String) { markup = value }
    init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { markup += literal }
        mutating func appendInterpolation(_ text: some CustomStringConvertible) {
            markup += HTML.escaped(text.description)
        }
        mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
    }

    /// Scalar by scalar, as a browser reads it: some scalars join the one after them into one `Character`, which is then
    /// neither `<` nor `"`.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A whole page.
    static func page(title: String, _ body: HTML) -> String {
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>\(title)</title></head>
            <body>
            <main>
            \(body)
            </main>
            </body>
            </html>

            """
        return page.markup
    }
}
