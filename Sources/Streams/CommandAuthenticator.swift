import Crypto
import FoundationEssentials
public import Marketplace

/// Authenticates commands, so that a service accepts them only from processes that have the signing secret. Someone who
/// can only write to Redis cannot act as a user or as the operator.
///
/// The code is an HMAC-SHA256 (RFC 2104) of everything that affects the decision: the name of the service, and the
/// command's id, type, payload version, time, actor, fingerprint and body. The key is derived from the signing secret
/// (HKDF, RFC 5869). The address of the reply and the trace are not covered, because they do not affect the decision.
public struct CommandAuthenticator: Sendable {
    public enum Result: Sendable, Hashable {
        case authentic
        /// It has no code, like a command of version 0.9 or of a timer.
        case unsigned
        /// Its code belongs to another command, or was not made with one of the secrets.
        case forged
    }

    private let keys: [SymmetricKey]

    /// - Parameter secrets: The first signs; all verify.
    public init(secrets: [String]) {
        keys = secrets.map { .derived(from: $0, for: "command codes") }
    }

    /// Returns the code of a command to this service, in base64.
    func code(of command: CommandEnvelope, to service: ServiceName) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Self.covered(command, service), using: keys[0])
        return Data(code).base64EncodedString()
    }

    public func verify(_ command: CommandEnvelope, to service: ServiceName) -> Result {
        guard let text = command.mac else { return .unsigned }
        guard let code = Data(base64Encoded: text) else { return .forged }
        let covered = Self.covered(command, service)
        let isAuthentic = keys.contains { key in
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: covered, using: key)
        }
        return isAuthentic ? .authentic : .forged
    }

    /// The covered values, each preceded by its length, so that none can pass for a part of another.
    private static func covered(_ command: CommandEnvelope, _ service: ServiceName) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + command.body.count)
        func append(_ value: some Collection<UInt8>) {
            unsafe withUnsafeBytes(of: UInt32(value.count).bigEndian) { unsafe bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: value)
        }
        append(service.rawValue.utf8)
        append(command.id.description.utf8)
        append(command.type.utf8)
        append(String(command.payloadVersion).utf8)
        append(command.at.description.utf8)
        append(command.actor.text.utf8)
        // A command without a fingerprint differs from one with an empty fingerprint.
        append((command.fingerprint.map { "=\($0)" } ?? "").utf8)
        append(command.body)
        return bytes
    }
}
