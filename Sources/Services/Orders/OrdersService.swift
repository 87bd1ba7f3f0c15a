package import Bootstrap
package import Marketplace
import PostgresClient
package import Storage

/// Keeps orders and their holds.
package struct OrdersService: ServiceDefinition {
    package let name = ServiceName.orders
    /// Only the previous build, which runs at the same time during a deploy, publishes events of expiration.
    package let follows: [ServiceName] = [.users, .listings, .payments, .expiration]

    package let migrations: [Migration]? = [
        Migration(.orders, "V0003_orders", PackageResources.V0003_orders_sql),
        Migration(.orders, "V0006_event_details", PackageResources.V0006_event_details_sql),
        Migration(.orders, "V0007_order_list", PackageResources.V0007_order_list_sql),
        Migration(.orders, "V0009_orders_at_speed", PackageResources.V0009_orders_at_speed_sql),
        Migration(.orders, "V0018_lapsed_holds", PackageResources.V0018_lapsed_holds_sql),
        Migration(.orders, "V0018_unpaid_orders", PackageResources.V0018_unpaid_orders_sql),
        Migration(.orders, "V0018_paid_orders", PackageResources.V0018_paid_orders_sql),
        Migration(.orders, "V0040_suspended_sales", PackageResources.V0040_suspended_sales_sql),
        Migration(.orders, "V0041_listings_of_seller", PackageResources.V0041_listings_of_seller_sql),
        Migration(.orders, "V0042_frozen_orders", PackageResources.V0042_frozen_orders_sql),
        Migration(.orders, "V0046_greatest_total", PackageResources.V0046_greatest_total_sql),
        Migration(.orders, "V0058_cancelled_events", PackageResources.V0058_cancelled_events_sql),
        Migration(.orders, "V0066_free_cancellations", PackageResources.V0066_free_cancellations_sql),
        Migration(.orders, "V0071_split_sets", PackageResources.V0071_split_sets_sql),
        Migration(.orders, "V0091_seats_of_orders", PackageResources.V0091_seats_of_orders_sql),
        Migration(.orders, "V0105_orders_with_fees", PackageResources.V0105_orders_with_fees_sql),
    ]

    package static let holdSeconds = Variable(
        "HOLD_SECONDS", "seconds", fallback: "`\(OrdersRules.defaultHoldLengthSeconds)`", readers: [.workers])

    package static let openHolds = Variable(
        "OPEN_HOLDS_PER_BUYER", "unpaid orders", fallback: "`\(HoldLimits.defaultOpenHolds)`", readers: [.workers])
    package static let lapsedHolds = Variable(
        "LAPSED_HOLDS_PER_BUYER", "orders", fallback: "`\(HoldLimits.defaultLapses)`", readers: [.workers])
    package static let lapsedHoldsSeconds = Variable(
        "LAPSED_HOLDS_SECONDS", "seconds", fallback: "`\(HoldLimits.defaultLapsePeriodSeconds)`", readers: [.workers])

    package let settings = [holdSeconds, openHolds, lapsedHolds, lapsedHoldsSeconds]

    package let copies: [any CopyDeclaration] = [
        UserCopies(of: OrdersHandler.forRepair) { .user($0) }, ListingCopies(),
    ]

    package let timers = [
        ServiceTimer(
            .hold, of: ServiceFacts<OrderState>.orders,
            events: [.orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded],
            due: { $0.status == .awaitingPayment ? $0.expiresAt : nil }, sends: ExpireOrder.self,
            column: "expires_at", where: "status = 'awaiting_payment'", repairedBy: OrdersHandler.forRepair)
    ]

    package func workers(_ settings: SettingsReader) throws(SettingsError) -> WorkersBuilder {
        let rules = OrdersRules(
            holdLength: try settings.seconds(
                Self.holdSeconds, default: OrdersRules.defaultHoldLengthSeconds, in: 1...86_400),
            limits: HoldLimits(
                openHolds: try settings.limit(Self.openHolds, default: HoldLimits.defaultOpenHolds, upTo: 1000),
                unitsOfListing: try settings.unitsPerBuyer(),
                lapses: try settings.limit(Self.lapsedHolds, default: HoldLimits.defaultLapses, upTo: 100),
                lapsePeriod: try settings.seconds(
                    Self.lapsedHoldsSeconds, default: HoldLimits.defaultLapsePeriodSeconds, in: 1...86_400)))
        return { process in try process.engine(OrdersHandler(store: OrdersStore(rules: rules))).services }
    }
}
