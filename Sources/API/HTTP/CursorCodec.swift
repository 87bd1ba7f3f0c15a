import Crypto
import FoundationEssentials
import Storage

/// Encodes and decodes the cursors of lists. A cursor is a position in the order of a list, and a code that proves that
/// this system encoded the position for this list.
struct CursorCodec: Sendable {
    let keys: DerivedKeys

    func encode(_ cursor: some EncodableCursor, list: String) -> String {
        let bytes = cursor.bytes
        return Base64URL.encode(bytes + code(bytes, list: list, key: keys.cursors[0]))
    }

    /// Returns `nil` unless ``encode(_:list:)`` wrote the text for the list.
    func decode<Value: EncodableCursor>(
        _ text: String, list: String, as type: Value.Type = ListCursor.self
    ) -> Value? {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text),
            bytes.count == Value.byteCount + Self.codeLength
        else { return nil }
        let (cursor, given) = (Array(bytes.prefix(Value.byteCount)), Array(bytes.suffix(Self.codeLength)))
        guard keys.cursors.contains(where: { ConstantTime.equal(code(cursor, list: list, key: $0), given) }) else {
            return nil
        }
        return Value(bytes: cursor)
    }

    private static let codeLength = 12

    private func code(_ bytes: [UInt8], list: String, key: SymmetricKey) -> [UInt8] {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: Array("\(list)\n".utf8))
        mac.update(data: bytes)
        return Array(mac.finalize().prefix(Self.codeLength))
    }
}
