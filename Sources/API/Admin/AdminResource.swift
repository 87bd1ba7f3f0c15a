import Hummingbird

/// `/api/admin`, and the pages for admins.
struct AdminResource: Resource {
    let openAPI: [UInt8]? = PackageResources.admin_json

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies) {
        let (pages, gateway, users, orders, keys) = (
            dependencies.pages, dependencies.gateway, dependencies.users, dependencies.orders, dependencies.keys
        )
        let listings = dependencies.listings
        AdminRoutes(gateway: gateway, users: users, orders: orders, keys: keys).add(to: groups.api.group("/api/admin"))
        ModerationRoutes(gateway: gateway, users: users, listings: listings, keys: keys)
            .add(to: groups.api.group("/api/admin"))
        FrozenOrderRoutes(gateway: gateway, users: users, orders: orders, keys: keys)
            .add(to: groups.api.group("/api/admin"))

        AdminUserPages(pages: pages, gateway: gateway, users: users, orders: orders, keys: keys).add(to: groups.pages)
        AdminOrderPages(
            pages: pages, users: users, orders: orders, listings: listings, payments: dependencies.payments, keys: keys
        ).add(to: groups.pages)
        FrozenOrderPages(pages: pages, gateway: gateway, users: users, orders: orders, keys: keys).add(to: groups.pages)
        SecurityLogPages(pages: pages, users: users, keys: keys).add(to: groups.pages)
        AdminSearchPage(
            pages: pages, users: users, orders: orders, listings: listings, payments: dependencies.payments
        ).add(to: groups.pages)
        AdminListingPages(pages: pages, gateway: gateway, users: users, listings: listings, keys: keys)
            .add(to: groups.pages)
    }
}
