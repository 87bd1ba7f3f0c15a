import Bootstrap
import Hummingbird
import JSONCoding

/// All routes of the API.
///
/// To add a resource, write a type that conforms to ``Resource`` in a new folder, and add it to ``resources``.
enum Routes {
    static let resources: [any Resource] = [
        UsersResource(), ListingsResource(), PricingResource(), OrdersResource(), PaymentsResource(),
        CatalogueResource(),
        AdminResource(), CommandsResource(), LiveResource(), OperationsResource(), WebResource(),
    ]

    static func router(_ dependencies: APIDependencies) -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        let groups = RouteGroups(router, dependencies)
        for resource in resources { resource.addRoutes(to: groups, dependencies) }
        return router
    }

    /// The OpenAPI document: the part that all resources share, the part of each resource, and the facts of this
    /// installation.
    ///
    /// - Parameter cookie: the name of the cookie with the access token.
    static func openAPI(publicURL: String, cookie: String) throws -> [UInt8] {
        let own = ResponseJSON.encode(
            OwnPart(
                servers: [.init(url: publicURL)],
                components: .init(securitySchemes: ["cookie": .init(name: cookie)])))
        return try JSONMerge.merge([PackageResources.base_json, own] + resources.compactMap(\.openAPI))
    }

    /// The part of the document that differs between installations.
    private struct OwnPart: Encodable {
        struct Server: Encodable { let url: String }
        struct Cookie: Encodable {
            let type = "apiKey"
            let `in` = "cookie"
            let name: String
            let description =
                "The cookie that browsers get when they sign in. Over HTTPS its name has the prefix `__Host-`."
        }
        struct Components: Encodable { let securitySchemes: [String: Cookie] }

        let servers: [Server]
        let components: Components
    }
}

/// The routes of one folder: JSON for programs, and pages.
protocol Resource: Sendable {
    /// The part of the OpenAPI document that describes the routes: a file in `Resources/openapi` with their paths, tags
    /// and schemas. `nil` if all routes are pages.
    var openAPI: [UInt8]? { get }

    func addRoutes(to groups: RouteGroups, _ dependencies: APIDependencies)
}

/// Groups of routes. Each group has its own middleware.
struct RouteGroups {
    /// No middleware: health probes, webhooks, and files.
    let root: Router<APIContext>
    /// Routes for programs that neither read nor set cookies, so a page of any site may use them.
    let crossOriginAPI: RouterGroup<APIContext>
    /// Routes for programs. The origin of requests is checked.
    let anonymousAPI: RouterGroup<APIContext>
    /// Routes for programs. The user is identified, and the origin of a request is checked unless the request has the
    /// header `Authorization`, which a browser never sends by itself.
    let api: RouterGroup<APIContext>
    /// Pages. The origin of requests is checked, and errors become pages.
    let anonymousPages: RouterGroup<APIContext>
    /// Pages. The origin of requests is checked, the user identified, and errors become pages.
    let pages: RouterGroup<APIContext>

    init(_ router: Router<APIContext>, _ dependencies: APIDependencies) {
        let origin = OriginMiddleware(check: dependencies.origin)
        let errors = PageErrors(pages: dependencies.pages)
        root = router
        crossOriginAPI = router.group()
        anonymousAPI = router.group().add(middleware: origin)
        api = router.group().add(middleware: dependencies.authentication)
        anonymousPages = router.group().add(middleware: errors).add(middleware: origin)
        // The error middleware runs twice: inside authentication, so that error pages still set session cookies, and
        // outside it, for authentication's own failures.
        pages = anonymousPages.group().add(middleware: dependencies.pageAuthentication).add(middleware: errors)
    }
}
