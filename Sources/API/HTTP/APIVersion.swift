import HTTPTypes

/// The version of the JSON API. A change that a client must know about gets a new version, and both versions are served
/// for a time. New members, parameters, error statuses and values of open lists are added without a new version: see
/// docs/API.md.
enum APIVersion {
    static let current = "1"

    /// The header field of every response of the JSON API.
    static let field = HTTPField(name: .apiVersion, value: current)

    /// - Throws: ``Problem`` (400) if the client asks for a version that this build does not support.
    static func check(_ headers: HTTPFields) throws(Problem) {
        guard let asked = headers[.apiVersion], asked.trimmed != current else { return }
        throw Problem(
            .badRequest, "unknown-api-version", "Unknown API version",
            "this server has version \(current): send API-Version: \(current), or leave the header out",
            field: "API-Version")
    }
}
