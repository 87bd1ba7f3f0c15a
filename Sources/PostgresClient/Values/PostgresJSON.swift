/// JSON text. It is bound as `jsonb`, and can be decoded from `jsonb` and `json`.
///
/// PostgreSQL validates the JSON. `jsonb` rejects the escape `\u0000`, and keeps neither spaces nor the order of keys.
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
        default: throw value.failure("is not JSON")
        }
    }
}
