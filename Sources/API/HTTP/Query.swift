import Hummingbird
import HummingbirdCore

/// The parameters of a URL's query, read strictly.
///
/// Unlike in a form, names are compared as they are written, and an invalid percent-escape leaves a value as it is.
struct Query {
    private let values: [String: String]

    /// - Parameter names: the parameters of the route. Others and repeated ones are refused.
    init(_ uri: URI, names: Set<String>) throws(Problem) {
        var values: [String: String] = [:]
        var errors: [Problem.Fault] = []
        for (key, value) in uri.queryParameters where !key.isEmpty {
            let name = String(key)
            if !names.contains(name) {
                let shown = String(name.unicodeScalars.filter { !$0.isDisallowedInText }.prefix(64).map(Character.init))
                errors.append(.init(message: "is not a parameter of this address", field: shown))
            } else if values.updateValue(String(value), forKey: name) != nil {
                errors.append(.init(message: "is given twice", field: name))
            }
        }
        guard errors.isEmpty else { throw .invalid(errors) }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }
}
