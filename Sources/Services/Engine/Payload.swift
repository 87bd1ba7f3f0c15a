import JSONCoding
import Marketplace

/// The body of a command or an event, and the version of its format.
package struct Payload {
    package var version: Int
    package var body: [UInt8]

    package init(version: Int, body: [UInt8]) {
        self.version = version
        self.body = body
    }

    /// Decodes the body.
    ///
    /// - Throws: ``UnknownPayload`` if the version is not 1, or if the body has a value that only a newer build may
    ///   know; ``UnreadablePayload`` if the body does not fit the type.
    package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        guard version == 1 else { throw UnknownPayload(what: "version \(version) of \(Value.self)") }
        do {
            return try JSONBytes.decode(from: body)
        } catch let error as UnknownName {
            throw UnknownPayload(what: "a value of \(error.type) in \(Value.self)")
        } catch let error as DecodingError {
            throw UnreadablePayload(what: "\(Value.self)", why: Self.reason(of: error))
        }
    }

    /// Names the field, never its value.
    private static func reason(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)) is of the wrong type"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: "the body is not a JSON object of this type"
        case .dataCorrupted(let context): "\(path(context.codingPath)) is not valid"
        @unknown default: "the body can't be read"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        "the field \(keys.map(\.stringValue).joined(separator: "."))"
    }
}

/// A command type, payload version or value that this build does not know. The entry is deferred, because a newer build
/// may know it.
package struct UnknownPayload: Error, CustomStringConvertible {
    package var what: String
    package init(what: String) { self.what = what }
    package var description: String { "this build does not know \(what)" }
}

/// A body that no build can read. Its entry becomes a dead letter.
package struct UnreadablePayload: Error, CustomStringConvertible {
    package var what: String
    package var why: String

    package init(what: String, why: String) {
        self.what = what
        self.why = why
    }

    package var description: String { "\(what): \(why)" }
}
