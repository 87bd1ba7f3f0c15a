import PostgresClient

/// JSON as the very bytes that were made: bound as `text`, for columns `json` and `text`, which keep them so.
struct JSONText: PostgresScalar {
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static var postgresType: PostgresType { .text }

    func encode(into buffer: inout PostgresBuffer) { buffer.append(bytes: bytes) }

    static func decode(_ value: PostgresValue) throws -> JSONText { JSONText(try value.bytes()) }
}
