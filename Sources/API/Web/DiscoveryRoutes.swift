import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Services
import Storage

/// `/robots.txt` and the sitemaps, for search engines.
struct DiscoveryRoutes: Sendable {
    let publicURL: String
    private let tickets: Sitemap
    private let performances: Sitemap
    private let events: Sitemap
    private let budget: AddressBudget
    private let addresses: ClientAddress

    init(
        publicURL: String, listings: ListingReads, catalogue: CatalogueReads, budget: AddressBudget,
        addresses: ClientAddress
    ) {
        self.publicURL = publicURL
        self.budget = budget
        self.addresses = addresses
        tickets = Sitemap(
            path: "/sitemap.xml", publicURL: publicURL, withHome: true,
            page: { from, limit in
                try await listings.sitemapPage(from: from.map { ListingID($0) }, limit: limit).map {
                    Sitemap.Entry(path: "/tickets/\($0.id)", changedAt: $0.changedAt)
                }
            }, starts: { try await listings.sitemapPageStarts(pageSize: $0).map(\.uuid) })
        performances = Sitemap(
            path: "/sitemap-performances.xml", publicURL: publicURL,
            page: { from, limit in
                try await catalogue.sitemapPage(from: from.map { PerformanceID($0) }, limit: limit).map {
                    Sitemap.Entry(path: EventAddress.path(of: $0.id), changedAt: $0.changedAt)
                }
            }, starts: { try await catalogue.sitemapPageStarts(pageSize: $0).map(\.uuid) })
        events = Sitemap(
            path: "/sitemap-events.xml", publicURL: publicURL,
            page: { from, limit in
                try await catalogue.eventSitemapPage(from: from.map { ShowID($0) }, limit: limit).map {
                    Sitemap.Entry(path: EventAddress.path(of: $0.id, title: $0.title), changedAt: $0.changedAt)
                }
            }, starts: { try await catalogue.eventSitemapPageStarts(pageSize: $0).map(\.uuid) })
    }

    func add(to routes: Router<APIContext>) {
        routes.get("/robots.txt") { _, _ in
            Sitemap.response(robots, "text/plain; charset=utf-8")
        }
        for sitemap in [tickets, performances, events] {
            routes.get(RouterPath(sitemap.path)) { request, context in
                try budget.take(addresses.of(request, context))
                return try await sitemap.response(to: request)
            }
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
        Disallow: /propose
        Disallow: /sell
        Disallow: /signin
        Disallow: /signup
        Sitemap: \(publicURL)/sitemap.xml
        Sitemap: \(publicURL)/sitemap-performances.xml
        Sitemap: \(publicURL)/sitemap-events.xml

        """
    }
}
