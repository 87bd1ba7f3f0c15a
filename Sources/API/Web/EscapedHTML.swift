import Mustache

/// Text as it stands in HTML, in an element or in a quoted attribute.
///
/// Byte by byte, as a browser reads it. swift-mustache's own escaping goes by `Character`: a quote with a combining
/// accent after it is one of those, is no quote to it, and ends the attribute all the same.
struct EscapedHTML: MustacheContentType {
    /// The name that templates ask for it by.
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
