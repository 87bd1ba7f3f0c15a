extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    @inlinable
    public static var postgresType: PostgresType { Wrapped.postgresType }
    @inlinable
    public var isPostgresNull: Bool { self?.isPostgresNull ?? true }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { self?.encode(into: &buffer) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public static func decode(_ value: PostgresValue) throws -> Wrapped? {
        value.isNull ? nil : try Wrapped.decode(value)
    }
}

/// Arrays whose elements may be NULL.
extension Optional: PostgresArrayEncodable where Wrapped: PostgresScalar {}
extension Optional: PostgresArrayDecodable where Wrapped: PostgresScalar {}
