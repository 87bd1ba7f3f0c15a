import Mustache

/// Markup. An interpolated text is always escaped, so it can be used in an element or a quoted attribute:
///
/// ```swift
/// let link: HTML = "<a href=\"\(path)\">\(title)</a>"
/// ```
///
/// Interpolated markup is inserted unchanged, and `nil` inserts nothing. A template inserts markup with three braces.
///
/// Long lists are written in this way, and not as templates, because swift-mustache takes some microseconds for each
/// tag: a page of 40 offers was rendered in 1.3 ms.
struct HTML: Hashable, Sendable {
    private(set) var text: String
}

extension HTML: ExpressibleByStringInterpolation {
    init(stringLiteral text: String) { self.text = text }

    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ text: String) { self.text += EscapedHTML.text(text) }

        mutating func appendInterpolation(_ html: HTML?) {
            if let html { text += html.text }
        }

        mutating func appendInterpolation(_ parts: some Sequence<HTML>) {
            for part in parts { text += part.text }
        }
    }
}

extension HTML: MustacheCustomRenderable {
    var renderText: String { text }
    var isNull: Bool { false }
}
