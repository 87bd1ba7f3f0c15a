import Crypto
import FoundationEssentials

/// Encrypts and authenticates the bodies of commands with personal data, so that Redis stores no such body in plain
/// text. Uses ChaCha20-Poly1305 (RFC 8439), with a key that is derived from the signing secret (HKDF, RFC 5869).
///
/// A sealed body is the JSON object `{"sealed": "…"}`, with nonce, ciphertext and tag in base64. The command's type is
/// authenticated with it. A command with a sealed body has the payload version ``payloadVersion``. A worker of version
/// 0.9 does not know this payload version, and defers the command until a newer build takes it.
public struct CommandSeal: Sendable {
    public static let payloadVersion = 2

    private let keys: [SymmetricKey]

    private static let start = Array(#"{"sealed":""#.utf8)
    private static let end = Array(#""}"#.utf8)

    /// - Parameter secrets: At least one. The first secret seals commands; any of them opens a command.
    public init(secrets: [String]) {
        keys = secrets.map { .derived(from: $0, for: "commands") }
    }

    /// - Parameter type: The command's type, such as `SignUp`.
    public func seal(_ body: [UInt8], of type: String) throws -> [UInt8] {
        let box = try ChaChaPoly.seal(body, using: keys[0], authenticating: Array(type.utf8))
        return Self.start + Array(box.combined.base64EncodedString().utf8) + Self.end
    }

    /// Returns the body, or `nil` if it was not sealed with one of the secrets for a command of this type.
    public func open(_ sealed: [UInt8], of type: String) -> [UInt8]? {
        guard sealed.starts(with: Self.start), sealed.reversed().starts(with: Self.end.reversed()),
            sealed.count > Self.start.count + Self.end.count,
            let combined = Data(
                base64Encoded: Data(sealed[Self.start.count..<(sealed.count - Self.end.count)])),
            let box = try? ChaChaPoly.SealedBox(combined: combined)
        else { return nil }
        for key in keys {
            if let body = try? ChaChaPoly.open(box, using: key, authenticating: Array(type.utf8)) {
                return Array(body)
            }
        }
        return nil
    }
}
