import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore

/// A sitemap of one kind of entries, ordered by id. If there are too many entries, it is an index of parts, each of
/// which starts at the id of an entry.
struct Sitemap: Sendable {
    struct Entry: Sendable {
        let path: String
        let changedAt: Timestamp
    }

    let path: String
    private let publicURL: String
    private let withHome: Bool
    private let page: @Sendable (_ from: UUID?, _ limit: Int) async throws -> [Entry]
    private let index: SitemapIndex<UUID>

    /// Maximum number of pages in one sitemap. The protocol allows 50,000: https://www.sitemaps.org/protocol.html.
    private static let partSize = 5000

    /// - Parameters:
    ///   - withHome: true to list the home page, too.
    ///   - page: reads entries, beginning with an id or with the first entry.
    ///   - starts: reads the first id of each page of the given size.
    init(
        path: String, publicURL: String, withHome: Bool = false,
        page: @escaping @Sendable (_ from: UUID?, _ limit: Int) async throws -> [Entry],
        starts: @escaping @Sendable (_ pageSize: Int) async throws -> [UUID]
    ) {
        self.path = path
        self.publicURL = publicURL
        self.withHome = withHome
        self.page = page
        index = SitemapIndex { try await starts(Self.partSize) }
    }

    func response(to request: Request) async throws -> Response {
        if let text = request.uri.queryParameters["from"] {
            guard let from = Identifier<Kind.Listing>(String(text)) else { throw Problem.noRoute }
            return Self.response(pages(try await page(from.uuid, Self.partSize), isFirst: false))
        }
        let found = try await page(nil, Self.partSize + 1)
        guard found.count > Self.partSize else { return Self.response(pages(found, isFirst: true)) }
        let entries = try await index.parts().map {
            "<sitemap><loc>\(publicURL)\(path)?from=\(Identifier<Kind.Listing>($0))</loc></sitemap>\n"
        }
        return Self.response(Self.document("sitemapindex", entries.joined()))
    }

    private func pages(_ found: [Entry], isFirst: Bool) -> String {
        let home = isFirst && withHome ? "<url><loc>\(publicURL)/</loc></url>\n" : ""
        let entries = found.map {
            "<url><loc>\(publicURL)\($0.path)</loc><lastmod>\($0.changedAt)</lastmod></url>\n"
        }
        return Self.document("urlset", home + entries.joined())
    }

    /// Nothing needs escaping: the public URL is checked at startup, and paths and times contain no markup.
    private static func document(_ root: String, _ entries: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <\(root) xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        \(entries)</\(root)>

        """
    }

    static func response(_ text: String, _ type: String = "application/xml; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=3600"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
