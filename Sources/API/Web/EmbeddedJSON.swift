/// JSON as it stands in a `script` element, where nothing can be escaped as HTML: it holds no `<`, so no end tag and no
/// comment.
enum EmbeddedJSON {
    /// - Parameter json: in it, a `<` can stand in strings alone.
    static func text(_ json: String) -> String {
        EscapedBytes.text(json) { $0 == UInt8(ascii: "<") ? "\\u003c" : nil }
    }
}
