import Mustache

/// Escapes text for HTML elements and quoted attributes.
///
/// Works byte by byte, like a browser. swift-mustache's own escaping works by `Character`: it does not recognise a
/// quote that is followed by a combining accent, but a browser ends the attribute there.
struct EscapedHTML: MustacheContentType {
    /// The content type that every template declares.
    static let name = "GITTIX-HTML"

    func escapeText(_ text: String) -> String { Self.text(text) }

    static func text(_ text: String) -> String { EscapedBytes.text(text, replacement) }

    private static func replacement(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
