import JSONCoding
import Marketplace

/// The body of a command or an event, with the version of its shape.
struct Payload {
    var version: Int
    var body: [UInt8]

    /// - Throws: ``UnknownPayload`` where the version is not 1, ``UnreadablePayload`` where the body is not of the type.
    func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        guard version == 1 else { throw UnknownPayload(what: "version \(version) of \(Value.self)") }
        do {
            return try JSONBytes.decode(from: body)
        } catch let error as DecodingError {
            throw UnreadablePayload(what: "\(Value.self)", why: Self.reason(of: error))
        }
    }

    /// Which field it was, and never what it held.
    private static func reason(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)) is of the wrong type"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: "the body is no JSON object of this type"
        case .dataCorrupted(let context): "\(path(context.codingPath)) is not valid"
        @unknown default: "the body can't be read"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        "the field \(keys.map(\.stringValue).joined(separator: "."))"
    }
}

/// A type or a version that this build does not know. A newer one may: the entry is put off, not given up.
struct UnknownPayload: Error, CustomStringConvertible {
    var what: String
    var description: String { "this build does not know \(what)" }
}

/// A body that no build can read.
struct UnreadablePayload: Error, CustomStringConvertible {
    var what: String
    var why: String
    var description: String { "\(what): \(why)" }
}
