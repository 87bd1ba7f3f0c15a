/// A PostgreSQL type: its object id and the object id of its array type.
///
/// The numbers are from the catalog `pg_type`. The numbers of built-in types are the same in every version.
public struct PostgresType: Sendable, Hashable {
    public let oid: UInt32
    /// The object id of the array type; 0 if unknown.
    public let arrayOID: UInt32

    @inlinable
    public init(oid: UInt32, arrayOID: UInt32 = 0) {
        self.oid = oid
        self.arrayOID = arrayOID
    }

    public static let bool = PostgresType(oid: 16, arrayOID: 1000)
    public static let bytea = PostgresType(oid: 17, arrayOID: 1001)
    public static let int8 = PostgresType(oid: 20, arrayOID: 1016)
    public static let int2 = PostgresType(oid: 21, arrayOID: 1005)
    public static let int4 = PostgresType(oid: 23, arrayOID: 1007)
    public static let text = PostgresType(oid: 25, arrayOID: 1009)
    public static let float8 = PostgresType(oid: 701, arrayOID: 1022)
    public static let uuid = PostgresType(oid: 2950, arrayOID: 2951)
    public static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185)
    public static let jsonb = PostgresType(oid: 3802, arrayOID: 3807)

    /// The array type.
    @inlinable
    public var array: PostgresType { PostgresType(oid: arrayOID) }
}

/// Object ids of types that are decoded but never bound.
enum ReadableOID {
    static let quotedChar: UInt32 = 18
    static let name: UInt32 = 19
    static let oid: UInt32 = 26
    static let json: UInt32 = 114
    static let float4: UInt32 = 700
    static let unknown: UInt32 = 705
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let timestamp: UInt32 = 1114
    static let numeric: UInt32 = 1700
}
