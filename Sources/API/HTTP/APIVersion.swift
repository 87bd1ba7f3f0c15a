import HTTPTypes

/// The version of the JSON API. A change that a client must know about has another number, and both are served for a
/// time. Members, parameters, statuses of errors and values of open lists are added without one: see docs/API.md.
enum APIVersion {
    static let current = "1"

    /// A field of every response to a program.
    static let field = HTTPField(name: .apiVersion, value: current)

    /// - Throws: ``Problem`` (400) if the client asks for a version that this build does not have.
    static func check(_ headers: HTTPFields) throws(Problem) {
        guard let asked = headers[.apiVersion], asked.trimmed != current else { return }
        throw Problem(
            .badRequest, "unknown-api-version", "The API has no such version",
            "the API has the version \(current): send API-Version: \(current), or no such header",
            field: "API-Version")
    }
}
