package import Bootstrap
import Engine
package import Marketplace
package import Storage

/// Keeps listings, and counts the held and sold units of each.
package struct ListingsService: ServiceDefinition {
    package let name = ServiceName.listings
    package let follows: [ServiceName] = [.users, .orders]

    package let migrations: [Migration]? = [
        Migration(.listings, "V0002_tickets", PackageResources.V0002_tickets_sql),
        Migration(.listings, "V0005_event_details", PackageResources.V0005_event_details_sql),
        Migration(.listings, "V0007_search", PackageResources.V0007_search_sql),
        Migration(.listings, "V0008_search_bounds", PackageResources.V0008_search_bounds_sql),
        Migration(.listings, "V0018_seller_listings", PackageResources.V0018_seller_listings_sql),
    ]

    package let copies: [any CopyDeclaration] = [
        UserCopies(of: ListingsHandler()) { .user($0) }, CountedOrders(),
    ]

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        { process in try process.engine(ListingsHandler()).services }
    }
}
