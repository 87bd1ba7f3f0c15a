/// What the head of a page tells browsers, search engines, and those who are sent a link.
struct PageHead: Sendable {
    var title: String
    var description: String?
    /// The one address of what the page shows, without what only filters or tracks: `/tickets/…`. Nil for a page that is
    /// for one person, or for one moment: it is not to be found.
    var canonical: String?
    /// schema.org's description of it, as JSON.
    var structured: String?
    /// Where the browser goes by itself.
    var refresh: Refresh?

    struct Refresh: Sendable {
        var seconds: Int
        var path: String
        /// Only where no script runs: one keeps the page true without loading it again.
        var isForNoScript = false
    }

    init(_ title: String, description: String? = nil, canonical: String? = nil, structured: String? = nil) {
        self.title = title
        self.description = description
        self.canonical = canonical
        self.structured = structured
    }
}
