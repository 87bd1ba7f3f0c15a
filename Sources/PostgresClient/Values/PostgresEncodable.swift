/// A value that can be bound to a statement's parameter.
public protocol PostgresEncodable: Sendable {
    /// The type that the parameter is declared with.
    static var postgresType: PostgresType { get }

    /// Whether the value is SQL's NULL; `encode` is not called then.
    var isPostgresNull: Bool { get }

    /// Appends the value's binary form.
    func encode(into buffer: inout PostgresBuffer)
}

extension PostgresEncodable {
    @inlinable
    public var isPostgresNull: Bool { false }
}

/// A value that can be read from a column, in binary form.
public protocol PostgresDecodable {
    /// Reads a value, or throws `PostgresError` of kind `.decoding`.
    static func decode(_ value: PostgresValue) throws -> Self
}

/// A type whose arrays can be bound, for `unnest` and `= ANY`.
public protocol PostgresArrayEncodable: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer)
}

/// A type whose arrays can be read.
public protocol PostgresArrayDecodable {
    static func decodeArray(_ value: PostgresValue) throws -> [Self]
}

/// A value that can be bound and read, alone and in one-dimensional arrays.
public protocol PostgresScalar: PostgresEncodable, PostgresDecodable, PostgresArrayEncodable, PostgresArrayDecodable {}

/// A type that is kept as another: an id as its UUID, a state as its name.
///
/// A `RawRepresentable` whose raw value is a scalar needs no more than the conformance.
public protocol PostgresRepresentable: PostgresScalar {
    associatedtype PostgresForm: PostgresScalar

    var postgresForm: PostgresForm { get }

    /// Nil for what is no value of the type: reading the column fails then.
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
