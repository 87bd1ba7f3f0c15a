/// Values of a page's `<head>`, for browsers, search engines and link previews.
struct PageHead: Sendable {
    var title: String
    var description: String?
    /// Canonical path without filters and tracking parameters: `/tickets/…`. `nil` for personal or temporary pages,
    /// which search engines must not index.
    var canonical: String?
    /// The page's schema.org description, as JSON.
    var structured: String?
    /// An automatic reload or redirect.
    var refresh: Refresh?

    struct Refresh: Sendable {
        var seconds: Int
        var path: String
        /// Refreshes only in browsers without scripts, because the script updates the page without loading it again.
        var isForNoScript = false
    }

    init(_ title: String, description: String? = nil, canonical: String? = nil, structured: String? = nil) {
        self.title = title
        self.description = description
        self.canonical = canonical
        self.structured = structured
    }
}
