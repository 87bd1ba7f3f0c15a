/// JSON as it stands in a `script` element, where nothing can be escaped as HTML: it holds no `<`, so no end tag and no
/// comment.
enum EmbeddedJSON {
    /// Byte by byte: a `<` after certain letters (U+0D4E) is one `Character` with them, and a search for it passes it over.
    ///
    /// - Parameter json: in it, a `<` can stand in strings alone.
    static func text(_ json: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.utf8.count + 32)
        for byte in json.utf8 {
            if byte == UInt8(ascii: "<") { bytes += "\\u003c".utf8 } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
