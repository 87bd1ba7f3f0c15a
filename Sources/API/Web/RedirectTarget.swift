/// A path of this site to redirect to, from a form or a link. It never leads to another site.
struct RedirectTarget: Hashable, Sendable {
    let text: String

    /// `nil` if the text is not a path with query in printable ASCII. `//host`, `/\host` and `https:` lead to other
    /// sites.
    init?(_ text: String) {
        guard text.hasPrefix("/"), !text.hasPrefix("//"), text.utf8.count <= 2000, !text.contains("\\"),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }
}
