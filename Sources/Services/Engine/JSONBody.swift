import JSONCoding
package import Marketplace

/// Encodes JSON for streams and tables.
package enum JSONBody {
    package static func encode(_ value: any Encodable) throws -> [UInt8] { try JSONBytes.encode(value) }

    package static func refusal(_ refusal: Refusal) -> [UInt8] {
        // Encoding a refusal cannot fail, because all its values are strings and whole numbers.
        (try? encode(refusal)) ?? Array("{}".utf8)
    }
}
