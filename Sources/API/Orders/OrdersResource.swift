import Hummingbird

/// `/api/orders`, and the pages to hold, pay and cancel orders.
struct OrdersResource: Resource {
    let openAPI: [UInt8]? = PackageResources.orders_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        let (pages, gateway, orders, keys) = (
            dependencies.pages, dependencies.gateway, dependencies.orders, dependencies.keys
        )
        OrderRoutes(gateway: gateway, orders: orders, listings: dependencies.listings, keys: keys)
            .add(to: groups.api.group("/api/orders"))

        HoldPages(pages: pages, gateway: gateway, listings: dependencies.listings, orders: orders, keys: keys)
            .add(to: groups.pages)
        OrderPages(pages: pages, gateway: gateway, orders: orders, payments: dependencies.payments, keys: keys)
            .add(to: groups.pages)
    }
}
