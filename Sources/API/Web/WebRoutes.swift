import Hummingbird

/// The pages.
struct WebRoutes: Sendable {
    let pages: Pages

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/") { request, context in
            try pages.page("home", [:], PageHead("Tickets from fans to fans", canonical: "/"), request, context)
        }
    }
}
