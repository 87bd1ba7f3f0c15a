import HummingbirdCore

/// The parameters of a URL's query, read strictly.
///
/// A space may be sent as `+` or `%20`, because clients differ. A plus sign must be sent as `%2B`.
struct Query {
    /// Maximum number of errors in a response.
    static let faultLimit = 10

    private let values: [String: String]

    /// - Parameter names: the parameters of the route. Other parameters are refused, and so is a repeated parameter.
    init(_ uri: URI, names: Set<String>) throws(Problem) {
        var values: [String: String] = [:]
        var errors: [Problem.Fault] = []
        for (name, value) in URLEncoding.pairs(in: (uri.query ?? "").utf8) where !name.isEmpty {
            if !names.contains(name) {
                let shown = String(name.unicodeScalars.filter { !$0.isDisallowedInText }.prefix(64).map(Character.init))
                errors.append(.init(message: "is not a parameter of this URL", field: shown))
            } else if values.updateValue(value, forKey: name) != nil {
                errors.append(.init(message: "is given twice", field: name))
            }
            if errors.count == Self.faultLimit { break }
        }
        guard errors.isEmpty else { throw .invalid(errors) }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }
}
