package import PostgresClient

/// Encoded JSON. It is bound as `text`, for columns of type `json` and `text`, which store it byte for byte.
package struct RawJSON: PostgresScalar {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package static var postgresType: PostgresType { .text }

    package func encode(into buffer: inout PostgresBuffer) { buffer.append(bytes: bytes) }

    package static func decode(_ value: PostgresValue) throws -> RawJSON { RawJSON(try value.bytes()) }
}
