package import Bootstrap
package import Marketplace
import PostgresClient
package import Storage
import Streams

/// Keeps listings, and counts the held and sold units of each.
package struct ListingsService: ServiceDefinition {
    package let name = ServiceName.listings
    package let follows: [ServiceName] = [.users, .orders, .catalogue]

    package let migrations: [Migration]? = [
        Migration(.listings, "V0002_tickets", PackageResources.V0002_tickets_sql),
        Migration(.listings, "V0005_event_details", PackageResources.V0005_event_details_sql),
        Migration(.listings, "V0007_search", PackageResources.V0007_search_sql),
        Migration(.listings, "V0008_search_bounds", PackageResources.V0008_search_bounds_sql),
        Migration(.listings, "V0018_seller_listings", PackageResources.V0018_seller_listings_sql),
        Migration(.listings, "V0030_prices_in_a_currency", PackageResources.V0030_prices_in_a_currency_sql),
        Migration(.listings, "V0031_search_terms", PackageResources.V0031_search_terms_sql),
        Migration(.listings, "V0032_search_terms_backfill", PackageResources.V0032_search_terms_backfill_sql),
        Migration(.listings, "V0033_search_terms_index", PackageResources.V0033_search_terms_index_sql),
        Migration(.listings, "V0034_cities", PackageResources.V0034_cities_sql),
        Migration(.listings, "V0038_moderation", PackageResources.V0038_moderation_sql),
        Migration(.listings, "V0045_greatest_price", PackageResources.V0045_greatest_price_sql),
        Migration(.listings, "V0047_sold_of_seller", PackageResources.V0047_sold_of_seller_sql),
        Migration(.listings, "V0054_search_terms_trigger", PackageResources.V0054_search_terms_trigger_sql),
        Migration(
            .listings, "V0055_listings_of_performances", PackageResources.V0055_listings_of_performances_sql),
        Migration(.listings, "V0056_offers_by_price", PackageResources.V0056_offers_by_price_sql),
        Migration(.listings, "V0057_followed_performances", PackageResources.V0057_followed_performances_sql),
        Migration(.listings, "V0065_other_listings", PackageResources.V0065_other_listings_sql),
        Migration(.listings, "V0070_split_rules", PackageResources.V0070_split_rules_sql),
        Migration(.listings, "V0083_local_day", PackageResources.V0083_local_day_sql),
        Migration(.listings, "V0090_seats", PackageResources.V0090_seats_sql),
        Migration(.listings, "V0100_prices_with_fees", PackageResources.V0100_prices_with_fees_sql),
        Migration(.listings, "V0101_offers_by_whole_price", PackageResources.V0101_offers_by_whole_price_sql),
        Migration(.listings, "V0102_whole_prices_in_a_currency", PackageResources.V0102_whole_prices_in_a_currency_sql),
        Migration(.listings, "V0103_listings_under_policies", PackageResources.V0103_listings_under_policies_sql),
        Migration(.listings, "V0104_performances_of_country", PackageResources.V0104_performances_of_country_sql),
        Migration(.listings, "V0110_unclaimed_seats", PackageResources.V0110_unclaimed_seats_sql),
        Migration(.listings, "V0120_word_queries", PackageResources.V0120_word_queries_sql),
        Migration(.listings, "V0122_pending_lists", PackageResources.V0122_pending_lists_sql),
        Migration(.listings, "V0124_terms_of_others", PackageResources.V0124_terms_of_others_sql),
        Migration(.listings, "V0125_drafts", PackageResources.V0125_drafts_sql),
        Migration(
            .listings, "V0127_offers_by_price_dropped", PackageResources.V0127_offers_by_price_dropped_sql),
        Migration(
            .listings, "V0128_prices_in_a_currency_dropped", PackageResources.V0128_prices_in_a_currency_dropped_sql),
    ]

    package static let newSellerListings = Variable(
        "NEW_SELLER_LISTINGS", "listings", fallback: "`\(NewSellerLimits.defaultListings)`", readers: [.workers])
    package static let newSellerUnits = Variable(
        "NEW_SELLER_UNITS", "units", fallback: "`\(NewSellerLimits.defaultUnits)`", readers: [.workers])

    package let settings = [newSellerListings, newSellerUnits]

    package let copies: [any CopyDeclaration] = [
        UserCopies(of: ListingsHandler()) { .user($0) }, CountedOrders(), PerformanceCopies(),
    ]

    package let timers = [
        ServiceTimer(
            .showStart, of: ServiceFacts<ListingState>.listings, events: [.ticketCreated, .ticketUpdated],
            due: { $0.withdrawn ? nil : $0.details.startsAt }, sends: CloseListing.self,
            // The expression and the condition of the index `tickets_soonest`.
            column: "coalesce(starts_at, 'infinity')", where: "NOT withdrawn", repairedBy: ListingsHandler())
    ]

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        let seal = CommandSeal(secrets: try settings.signingSecrets().map(\.exposed))
        let limits = NewSellerLimits(
            listings: try settings.limit(
                Self.newSellerListings, default: NewSellerLimits.defaultListings, upTo: 1000),
            units: try settings.limit(Self.newSellerUnits, default: NewSellerLimits.defaultUnits, upTo: 10_000))
        let store = ListingsStore(limits: limits, unitsPerBuyer: try settings.unitsPerBuyer())
        return { process in
            let engine = try process.engine(ListingsHandler(store: store, seal: seal))
            let pruning = RowPruning(
                name: "Pruning of drafts", logger: process.logger, clock: engine.processor.clock,
                deletions: [store.draftDeletion(on: engine.processor.pool)])
            return WorkerServices(background: [pruning]) + engine.services
        }
    }
}
