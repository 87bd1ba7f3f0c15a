/// Encodes a one-dimensional array. `PostgresValue.elements` describes the format.
///
/// All code that encodes an element is inlinable: a batch of 256 orders has 12,000 elements, and unspecialised generic
/// code takes a tenth of a microsecond for each.
@inlinable
func encodeElements<Element: PostgresEncodable>(_ elements: [Element], into buffer: inout PostgresBuffer) {
    buffer.append(Int32(elements.isEmpty ? 0 : 1))
    buffer.append(Int32(elements.contains { $0.isPostgresNull } ? 1 : 0))
    buffer.append(Element.postgresType.oid)
    guard !elements.isEmpty else { return }
    buffer.append(Int32(elements.count))
    buffer.append(Int32(1))
    for element in elements { buffer.appendElement(element) }
}

extension PostgresArrayEncodable where Self: PostgresEncodable {
    @inlinable
    public static var postgresArrayType: PostgresType { postgresType.array }

    @inlinable
    public static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer) {
        encodeElements(elements, into: &buffer)
    }
}

extension PostgresArrayDecodable where Self: PostgresDecodable {
    public static func decodeArray(_ value: PostgresValue) throws -> [Self] {
        try value.elements().map { try Self.decode($0) }
    }
}

extension Array: PostgresEncodable where Element: PostgresArrayEncodable {
    @inlinable
    public static var postgresType: PostgresType { Element.postgresArrayType }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { Element.encodeArray(self, into: &buffer) }
}

extension Array: PostgresDecodable where Element: PostgresArrayDecodable {
    public static func decode(_ value: PostgresValue) throws -> [Element] { try Element.decodeArray(value) }
}

/// Maps `[UInt8]` to `bytea`, not to an array of numbers.
extension UInt8: PostgresArrayEncodable, PostgresArrayDecodable {
    public static var postgresArrayType: PostgresType { .bytea }

    public static func encodeArray(_ elements: [UInt8], into buffer: inout PostgresBuffer) {
        buffer.append(bytes: elements)
    }

    public static func decodeArray(_ value: PostgresValue) throws -> [UInt8] {
        guard value.oid == PostgresType.bytea.oid else { throw value.failure("is not bytea") }
        return try value.bytes()
    }
}

/// Maps `[[UInt8]]` to `bytea[]`.
extension Array: PostgresArrayEncodable, PostgresArrayDecodable, PostgresScalar where Element == UInt8 {}
