/// JSON text, bound as `jsonb`; reads `jsonb` and `json`.
///
/// PostgreSQL checks that it is JSON. `jsonb` refuses the escape `\u0000` and does not keep spaces or the order of keys.
public struct PostgresJSON: PostgresScalar, Hashable {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { self.bytes = Array(text.utf8) }

    private static let formVersion: UInt8 = 1

    public static var postgresType: PostgresType { .jsonb }

    public func encode(into buffer: inout PostgresBuffer) {
        buffer.append(Self.formVersion)
        buffer.append(bytes: bytes)
    }

    public static func decode(_ value: PostgresValue) throws -> PostgresJSON {
        switch value.oid {
        case PostgresType.jsonb.oid: PostgresJSON(try value.bytes(droppingFirst: 1))
        case ReadableOID.json: PostgresJSON(try value.bytes())
        default: throw value.failure("is no JSON")
        }
    }
}
