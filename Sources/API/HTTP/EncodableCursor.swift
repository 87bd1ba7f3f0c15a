import FoundationEssentials
import Marketplace
import Services
import Storage

/// A position in the order of a list, with a fixed number of bytes.
protocol EncodableCursor: Sendable {
    static var byteCount: Int { get }
    var bytes: [UInt8] { get }
    /// - Parameter bytes: exactly ``byteCount`` bytes.
    init(bytes: [UInt8])
}

extension ListCursor: EncodableCursor {
    static let byteCount = 24

    var bytes: [UInt8] { createdAt.microseconds.bigEndianBytes + id.bytes }

    init(bytes: [UInt8]) {
        self.init(
            createdAt: Timestamp(microseconds: Int64(bigEndianBytes: bytes.prefix(8))),
            id: UUID(bytes: bytes.suffix(16)))
    }
}

extension SearchCursor: EncodableCursor {
    static let byteCount = 25

    var bytes: [UInt8] { [isSimilar ? 1 : 0] + number.bigEndianBytes + id.bytes }

    init(bytes: [UInt8]) {
        self.init(
            number: Int64(bigEndianBytes: bytes[1..<9]), id: UUID(bytes: bytes.suffix(16)), isSimilar: bytes[0] == 1)
    }
}

extension OfferCursor: EncodableCursor {
    static let byteCount = 27

    var bytes: [UInt8] { Array(currency.rawValue.utf8) + price.bigEndianBytes + id.uuid.bytes }

    init(bytes: [UInt8]) {
        self.init(
            currency: Currency(rawValue: String(decoding: bytes.prefix(3), as: UTF8.self)) ?? .usd,
            price: Int64(bigEndianBytes: bytes[3..<11]), id: ListingID(UUID(bytes: bytes.suffix(16))))
    }
}

extension Int64 {
    var bigEndianBytes: [UInt8] {
        let bits = UInt64(bitPattern: self)
        return (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
    }

    init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self.init(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
