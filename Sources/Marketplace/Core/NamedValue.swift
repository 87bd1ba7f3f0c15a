/// A value of a set that grows from release to release, such as the status of an order. Payloads and rows carry its
/// name.
///
/// While two builds run side by side, the older build may read names that it does not know. Decoding then throws
/// ``UnknownName`` instead of the error for a malformed payload, so that the message can wait for the newer build.
public protocol NamedValue: RawRepresentable, Codable where RawValue == String {}

extension NamedValue {
    /// - Throws: ``UnknownName`` for a name that this build does not know.
    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(rawValue: name) else { throw UnknownName(of: "\(Self.self)") }
        self = value
    }
}

/// A payload has a value that this build does not know. A newer build may know it.
public struct UnknownName: Error, CustomStringConvertible {
    /// The type of the value, such as `Status`.
    public var type: String

    public init(of type: String) { self.type = type }

    public var description: String { "this build does not know a value of \(type)" }
}
