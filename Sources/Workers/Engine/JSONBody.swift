import JSONCoding
import Marketplace

/// JSON as it stands in streams and tables.
enum JSONBody {
    static func encode(_ value: any Encodable) throws -> [UInt8] { try JSONBytes.encode(value) }

    static func refusal(_ refusal: Refusal) -> [UInt8] {
        // A refusal is strings and a number, which JSON can always hold.
        (try? encode(refusal)) ?? Array("{}".utf8)
    }
}
