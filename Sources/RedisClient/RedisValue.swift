/// A RESP2 value of a reply.
public enum RedisValue: Sendable, Hashable {
    /// A null string or a null array, which mean the same. A blocking read that times out returns it.
    case null
    case integer(Int64)
    /// A simple string such as `OK`.
    case status(String)
    /// A binary-safe string. All strings of a reply share one buffer, so a slice keeps the whole buffer alive.
    case bulk(ArraySlice<UInt8>)
    case array([RedisValue])
    /// An error reply of a command in a pipeline, or an error nested in an array.
    case error(RedisReplyError)
}

extension RedisValue {
    /// The text of a status, or of a bulk string that is valid UTF-8.
    public var string: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .null, .integer, .array, .error: nil
        }
    }

    /// The bytes of a bulk string or of a status.
    public var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): Array(bytes)
        case .status(let text): Array(text.utf8)
        case .null, .integer, .array, .error: nil
        }
    }

    /// The bytes of a bulk string, without copying.
    public var slice: ArraySlice<UInt8>? {
        if case .bulk(let bytes) = self { bytes } else { nil }
    }

    /// An integer, or a decimal string (scripts and hashes return strings).
    public var int: Int64? {
        switch self {
        case .integer(let value): value
        case .bulk, .status: string.flatMap { Int64($0) }
        case .null, .array, .error: nil
        }
    }

    public var array: [RedisValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    public var error: RedisReplyError? {
        if case .error(let error) = self { error } else { nil }
    }

    public var isNull: Bool { if case .null = self { true } else { false } }
}
