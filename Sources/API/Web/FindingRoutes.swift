import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Storage

/// What search engines ask for: which pages they may read, and which there are.
struct FindingRoutes: Sendable {
    let publicURL: String
    let tickets: TicketReads
    private let parts: SitemapParts

    init(publicURL: String, tickets: TicketReads) {
        self.publicURL = publicURL
        self.tickets = tickets
        parts = SitemapParts { try await tickets.foundParts(of: Self.partSize) }
    }

    /// The most pages of one sitemap (50,000 are allowed: https://www.sitemaps.org/protocol.html).
    private static let partSize = 5000

    func add(to routes: Router<APIContext>) {
        routes.get("/robots.txt") { _, _ in
            Self.answer(robots, "text/plain; charset=utf-8")
        }
        routes.get("/sitemap.xml") { request, _ in try await sitemap(request) }
    }

    private var robots: String {
        """
        User-agent: *
        Disallow: /api/
        Disallow: /live/
        Disallow: /commands/
        Disallow: /account
        Disallow: /admin
        Disallow: /listings
        Disallow: /orders
        Disallow: /sell
        Disallow: /signin
        Disallow: /signup
        Sitemap: \(publicURL)/sitemap.xml

        """
    }

    /// All that is on sale in one; where that is too much, an index of parts, each beginning at a ticket.
    private func sitemap(_ request: Request) async throws -> Response {
        if let text = request.uri.queryParameters["from"] {
            guard let from = TicketID(String(text)) else { throw Problem.noRoute }
            return Self.answer(pages(try await tickets.found(from: from, limit: Self.partSize), isFirst: false))
        }
        let found = try await tickets.found(limit: Self.partSize + 1)
        guard found.count > Self.partSize else { return Self.answer(pages(found, isFirst: true)) }
        let entries = try await parts.parts().map {
            "<sitemap><loc>\(publicURL)/sitemap.xml?from=\($0)</loc></sitemap>\n"
        }
        return Self.answer(Self.document("sitemapindex", entries.joined()))
    }

    private func pages(_ found: [(id: TicketID, changedAt: Timestamp)], isFirst: Bool) -> String {
        let home = isFirst ? "<url><loc>\(publicURL)/</loc></url>\n" : ""
        let entries = found.map { id, changedAt in
            "<url><loc>\(publicURL)/tickets/\(id)</loc><lastmod>\(changedAt)</lastmod></url>\n"
        }
        return Self.document("urlset", home + entries.joined())
    }

    /// Nothing in it needs escaping: the public URL is checked at the start, and ids and times have no markup.
    private static func document(_ root: String, _ entries: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <\(root) xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        \(entries)</\(root)>

        """
    }

    private static func answer(_ text: String, _ type: String = "application/xml; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=3600"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
