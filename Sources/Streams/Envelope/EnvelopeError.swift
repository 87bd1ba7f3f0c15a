/// An error in an entry's fields, or in an envelope that would become an entry.
public enum EnvelopeError: Error, Sendable, Hashable {
    case missing(String)
    case tooLong(String, limit: Int)
    /// The value is not of the form that `expected` describes.
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
