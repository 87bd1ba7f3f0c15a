import HTTPTypes
import Hummingbird

/// All routes, for the `Allow` header and for comparison with the OpenAPI document.
struct RouteTable: Sendable {
    struct Entry: Hashable, Sendable {
        let method: String
        /// The path, such as `/api/tickets/:id`.
        let path: String
    }

    let entries: Set<Entry>

    init(_ router: Router<APIContext>) {
        entries = Set(router.routes.map { Entry(method: $0.method.rawValue, path: $0.path.description) })
    }

    /// All methods that routes have.
    static let allMethods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]

    /// The methods of the routes that match a path, sorted. Empty if no route matches.
    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        var methods: Set<String> = []
        for entry in entries where Self.matches(entry.path.split(separator: "/"), parts) {
            methods.insert(entry.method)
            methods.insert("OPTIONS")
            if entry.method == "GET" { methods.insert("HEAD") }
        }
        return methods.sorted()
    }

    private static func matches(_ template: [Substring], _ parts: [Substring]) -> Bool {
        template.count == parts.count
            && zip(template, parts).allSatisfy { $0.hasPrefix(":") || $0.hasPrefix("{") || $0 == $1 }
    }
}
