import Marketplace

extension Migration {
    /// All of them, in the order in which they are applied. New ones are added at the end of their service's.
    public static let all: [Migration] =
        ofEvery("V0000_service", PackageResources.V0000_service_sql)
        + [
            Migration(.users, "V0001_users", PackageResources.V0001_users_sql),
            Migration(.tickets, "V0002_tickets", PackageResources.V0002_tickets_sql),
            Migration(.orders, "V0003_orders", PackageResources.V0003_orders_sql),
            Migration(.payments, "V0004_payments", PackageResources.V0004_payments_sql),
            Migration(.tickets, "V0005_event_details", PackageResources.V0005_event_details_sql),
            Migration(.orders, "V0006_event_details", PackageResources.V0006_event_details_sql),
            Migration(.users, "V0007_accounts", PackageResources.V0007_accounts_sql),
            Migration(.orders, "V0007_order_list", PackageResources.V0007_order_list_sql),
            Migration(.tickets, "V0007_search", PackageResources.V0007_search_sql),
            Migration(.tickets, "V0008_search_bounds", PackageResources.V0008_search_bounds_sql),
            Migration(.orders, "V0009_orders_at_speed", PackageResources.V0009_orders_at_speed_sql),
        ]
        + ofEvery("V0010_inbox_slots", PackageResources.V0010_inbox_slots_sql)

    /// The same for every service's schema.
    private static func ofEvery(_ file: String, _ text: [UInt8]) -> [Migration] {
        Service.allCases.filter(\.hasSchema).map { Migration($0, file, text) }
    }
}
