import Crypto
import FoundationEssentials
import Marketplace
import Storage

/// Writes and reads the cursors of lists: a place in the order `(created_at, id)`, and a code that shows that this
/// product wrote it, for this list.
struct Cursor: Sendable {
    let keys: DerivedKeys

    func text(_ place: ListPlace, list: String) -> String {
        let bytes = Self.bytes(of: place)
        return Base64URL.encode(bytes + code(bytes, list: list, key: keys.cursors[0]))
    }

    /// Nil unless it is one that ``text(_:list:)`` wrote.
    func place(_ text: String, list: String) -> ListPlace? {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text), bytes.count == 24 + Self.codeLength else {
            return nil
        }
        let (place, given) = (Array(bytes.prefix(24)), Array(bytes.suffix(Self.codeLength)))
        guard keys.cursors.contains(where: { ConstantTime.equal(code(place, list: list, key: $0), given) }) else {
            return nil
        }
        let time = place.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return ListPlace(createdAt: Timestamp(microseconds: Int64(bitPattern: time)), id: UUID(bytes: place.suffix(16)))
    }

    private static let codeLength = 12

    private func code(_ bytes: [UInt8], list: String, key: SymmetricKey) -> [UInt8] {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: Array("\(list)\n".utf8))
        mac.update(data: bytes)
        return Array(mac.finalize().prefix(Self.codeLength))
    }

    private static func bytes(of place: ListPlace) -> [UInt8] {
        let time = UInt64(bitPattern: place.createdAt.microseconds)
        return (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * $0)) } + place.id.bytes
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
