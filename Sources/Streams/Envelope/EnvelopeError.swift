/// What is wrong with an entry's fields, or with an envelope that shall become one.
public enum EnvelopeError: Error, Sendable, Hashable {
    case missing(String)
    case tooLong(String, limit: Int)
    /// Not what the field holds: `expected` says what it does.
    case malformed(String, expected: String)
}

extension EnvelopeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .missing(let field): "the field `\(field)` is missing"
        case .tooLong(let field, let limit): "the field `\(field)` is longer than \(limit) bytes"
        case .malformed(let field, let expected): "the field `\(field)` is not \(expected)"
        }
    }
}
