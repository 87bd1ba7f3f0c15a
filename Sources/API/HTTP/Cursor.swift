import Crypto
import FoundationEssentials
import Marketplace
import Storage

/// Writes and reads the cursors of lists: a place in the list's order, and a code that shows that this product wrote it,
/// for this list.
struct Cursor: Sendable {
    let keys: DerivedKeys

    func text(_ place: some CursorPlace, list: String) -> String {
        let bytes = place.cursorBytes
        return Base64URL.encode(bytes + code(bytes, list: list, key: keys.cursors[0]))
    }

    /// Nil unless it is one that ``text(_:list:)`` wrote.
    func place<Place: CursorPlace>(_ text: String, list: String, as type: Place.Type = ListPlace.self) -> Place? {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text),
            bytes.count == Place.cursorLength + Self.codeLength
        else { return nil }
        let (place, given) = (Array(bytes.prefix(Place.cursorLength)), Array(bytes.suffix(Self.codeLength)))
        guard keys.cursors.contains(where: { ConstantTime.equal(code(place, list: list, key: $0), given) }) else {
            return nil
        }
        return Place(cursorBytes: place)
    }

    private static let codeLength = 12

    private func code(_ bytes: [UInt8], list: String, key: SymmetricKey) -> [UInt8] {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: Array("\(list)\n".utf8))
        mac.update(data: bytes)
        return Array(mac.finalize().prefix(Self.codeLength))
    }
}

/// A place in a list's order that a cursor can hold.
protocol CursorPlace {
    static var cursorLength: Int { get }
    var cursorBytes: [UInt8] { get }
    /// - Parameter cursorBytes: those of a place.
    init(cursorBytes: [UInt8])
}

extension ListPlace: CursorPlace {
    static let cursorLength = 24

    var cursorBytes: [UInt8] { createdAt.microseconds.bigEndianBytes + id.bytes }

    init(cursorBytes bytes: [UInt8]) {
        self.init(
            createdAt: Timestamp(microseconds: Int64(bigEndianBytes: bytes.prefix(8))),
            id: UUID(bytes: bytes.suffix(16)))
    }
}

extension SearchPlace: CursorPlace {
    static let cursorLength = 25

    var cursorBytes: [UInt8] { [isSimilar ? 1 : 0] + number.bigEndianBytes + id.bytes }

    init(cursorBytes bytes: [UInt8]) {
        self.init(
            number: Int64(bigEndianBytes: bytes[1..<9]), id: UUID(bytes: bytes.suffix(16)), isSimilar: bytes[0] == 1)
    }
}

extension Int64 {
    fileprivate var bigEndianBytes: [UInt8] {
        let bits = UInt64(bitPattern: self)
        return (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
    }

    fileprivate init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self.init(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

extension UUID {
    var bytes: [UInt8] {
        let b = uuid
        return [
            b.0, b.1, b.2, b.3, b.4, b.5, b.6, b.7, b.8, b.9, b.10, b.11, b.12, b.13, b.14, b.15,
        ]
    }

    /// - Parameter bytes: 16 of them.
    init(bytes: some Collection<UInt8>) {
        let b = Array(bytes)
        precondition(b.count == 16, "a UUID has 16 bytes")
        self.init(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            ))
    }
}
