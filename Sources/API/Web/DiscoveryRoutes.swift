import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Services
import Storage

/// `/robots.txt` and `/sitemap.xml`, for search engines.
struct DiscoveryRoutes: Sendable {
    let publicURL: String
    let listings: ListingReads
    private let budget: AddressBudget
    private let addresses: ClientAddress
    private let index: SitemapIndex

    init(publicURL: String, listings: ListingReads, budget: AddressBudget, addresses: ClientAddress) {
        self.publicURL = publicURL
        self.listings = listings
        self.budget = budget
        self.addresses = addresses
        index = SitemapIndex { try await listings.sitemapPageStarts(pageSize: Self.partSize) }
    }

    /// Maximum number of pages in one sitemap. The protocol allows 50,000: https://www.sitemaps.org/protocol.html.
    private static let partSize = 5000

    func add(to routes: Router<APIContext>) {
        routes.get("/robots.txt") { _, _ in
            Self.response(robots, "text/plain; charset=utf-8")
        }
        routes.get("/sitemap.xml") { request, context in
            try budget.take(addresses.of(request, context))
            return try await sitemap(request)
        }
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

    /// One sitemap of every listing on sale. If there are too many, an index of parts, each of which starts at a
    /// listing.
    private func sitemap(_ request: Request) async throws -> Response {
        if let text = request.uri.queryParameters["from"] {
            guard let from = ListingID(String(text)) else { throw Problem.noRoute }
            return Self.response(
                pages(try await listings.sitemapPage(from: from, limit: Self.partSize), isFirst: false))
        }
        let found = try await listings.sitemapPage(limit: Self.partSize + 1)
        guard found.count > Self.partSize else { return Self.response(pages(found, isFirst: true)) }
        let entries = try await index.parts().map {
            "<sitemap><loc>\(publicURL)/sitemap.xml?from=\($0)</loc></sitemap>\n"
        }
        return Self.response(Self.document("sitemapindex", entries.joined()))
    }

    private func pages(_ found: [(id: ListingID, changedAt: Timestamp)], isFirst: Bool) -> String {
        let home = isFirst ? "<url><loc>\(publicURL)/</loc></url>\n" : ""
        let entries = found.map { id, changedAt in
            "<url><loc>\(publicURL)/tickets/\(id)</loc><lastmod>\(changedAt)</lastmod></url>\n"
        }
        return Self.document("urlset", home + entries.joined())
    }

    /// Nothing needs escaping: the public URL is checked at startup, and ids and times contain no markup.
    private static func document(_ root: String, _ entries: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <\(root) xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        \(entries)</\(root)>

        """
    }

    private static func response(_ text: String, _ type: String = "application/xml; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=3600"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
