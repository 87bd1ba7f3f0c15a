/// JSON for a `script` element, where HTML escapes have no effect: each `<` is replaced, so that the text contains no
/// end tag and no comment.
enum EmbeddedJSON {
    /// - Parameter json: valid JSON, so `<` occurs only in its strings.
    static func text(_ json: String) -> String {
        EscapedBytes.text(json) { $0 == UInt8(ascii: "<") ? "\\u003c" : nil }
    }
}
