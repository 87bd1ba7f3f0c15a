/// A path of this site that a form or a link says to go on to. Nothing that a browser would take for another site passes.
struct LocalPath: Hashable, Sendable {
    let text: String

    /// Nil for what is not a path with its query, in printable ASCII: `//host`, `/\host` and `https:` lead elsewhere.
    init?(_ text: String) {
        guard text.hasPrefix("/"), !text.hasPrefix("//"), text.utf8.count <= 2000, !text.contains("\\"),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }
}
