/// A value that can be bound to a parameter.
public protocol PostgresEncodable: Sendable {
    /// The declared type of the parameter.
    static var postgresType: PostgresType { get }

    /// True if the value is NULL. `encode` is then not called.
    var isPostgresNull: Bool { get }

    /// Appends the value's binary form.
    func encode(into buffer: inout PostgresBuffer)
}

extension PostgresEncodable {
    @inlinable
    public var isPostgresNull: Bool { false }
}

/// A value that can be decoded from a column's binary form.
public protocol PostgresDecodable {
    /// Decodes a value. Throws `PostgresError` of kind `.decoding` if the type or the value does not fit.
    static func decode(_ value: PostgresValue) throws -> Self
}

/// A type whose arrays can be bound, for `unnest` and `= ANY`.
public protocol PostgresArrayEncodable: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer)
}

/// A type whose arrays can be decoded.
public protocol PostgresArrayDecodable {
    static func decodeArray(_ value: PostgresValue) throws -> [Self]
}

/// A value that can be bound and decoded, alone and in one-dimensional arrays.
public protocol PostgresScalar: PostgresEncodable, PostgresDecodable, PostgresArrayEncodable, PostgresArrayDecodable {}

/// A type that is stored as another type: an id as its UUID, a state as its name.
///
/// A `RawRepresentable` type with a scalar raw value needs only the conformance.
public protocol PostgresRepresentable: PostgresScalar {
    associatedtype PostgresForm: PostgresScalar

    var postgresForm: PostgresForm { get }

    /// Fails if the stored form is not a valid value of the type. Decoding the column then fails.
    init?(postgresForm: PostgresForm)
}

extension PostgresRepresentable {
    @inlinable
    public static var postgresType: PostgresType { PostgresForm.postgresType }
    @inlinable
    public var isPostgresNull: Bool { postgresForm.isPostgresNull }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { postgresForm.encode(into: &buffer) }

    public static func decode(_ value: PostgresValue) throws -> Self {
        guard let decoded = Self(postgresForm: try PostgresForm.decode(value)) else {
            throw value.failure("is not a \(Self.self)")
        }
        return decoded
    }
}

extension PostgresRepresentable where Self: RawRepresentable, RawValue: PostgresScalar {
    public var postgresForm: RawValue { rawValue }
    public init?(postgresForm: RawValue) { self.init(rawValue: postgresForm) }
}
