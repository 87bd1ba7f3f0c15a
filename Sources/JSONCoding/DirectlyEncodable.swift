/// A type that can also write its members without `Codable`, in a third of the time. Use it only for values that are
/// encoded for each order. The JSON must be the same as that of the `Encodable` conformance.
public protocol DirectlyEncodable: Encodable {
    /// - Throws: `EncodingError` for a number that JSON cannot represent.
    func write(to members: JSONObjectWriter) throws
}

/// The members of an object under construction.
public struct JSONObjectWriter {
    private let writer: JSONWriter
    /// Number of arrays and objects around the members, including this object.
    private let depth: Int

    init(writer: JSONWriter, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    /// - Parameter name: A name without characters that must be escaped.
    public func add(_ name: StaticString, _ value: String) {
        writer.output.beginMember(name, at: depth)
        writer.output.append(value)
    }

    public func add(_ name: StaticString, _ value: Int64) {
        writer.output.beginMember(name, at: depth)
        writer.output.append(value)
    }

    /// Adds no member for `nil`.
    public func add(_ name: StaticString, _ value: String?) {
        if let value { add(name, value) }
    }

    /// Adds no member for `nil`.
    public func add(_ name: StaticString, _ value: Int64?) {
        if let value { add(name, value) }
    }

    /// Adds no member for `nil`.
    public func add(_ name: StaticString, _ value: (some DirectlyEncodable)?) throws {
        guard let value else { return }
        writer.output.beginMember(name, at: depth)
        try writer.write(directly: value)
    }

    /// Adds no member for `nil`.
    public func add(_ name: StaticString, encoding value: (some Encodable)?) throws {
        guard let value else { return }
        writer.output.beginMember(name, at: depth)
        try writer.write(value)
    }
}
