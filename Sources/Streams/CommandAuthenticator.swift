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
        /// The command has no code, like a command from version 0.9 or from a timer.
        case unsigned
        /// The code belongs to a different command, or was not made with one of the secrets.
        case forged
    }

    /// One HMAC for each key. It is copied for each command, because making it from the key costs more than the rest.
    private let codes: [HMAC<SHA256>]

    /// - Parameter secrets: The first signs; all verify.
    public init(secrets: [String]) {
        codes = secrets.map { HMAC(key: .derived(from: $0, for: "command codes")) }
    }

    /// Returns the code of a command to this service, in base64.
    func code(of command: CommandEnvelope, to service: ServiceName) -> String {
        var code = codes[0]
        code.update(data: Self.covered(command, service))
        return unsafe code.finalize().withUnsafeBytes { unsafe Data($0) }.base64EncodedString()
    }

    public func verify(_ command: CommandEnvelope, to service: ServiceName) -> Result {
        guard let text = command.mac else { return .unsigned }
        guard let code = Data(base64Encoded: text) else { return .forged }
        let covered = Self.covered(command, service)
        for var expected in codes {
            expected.update(data: covered)
            // This comparison takes the same time for all codes.
            if expected.finalize() == code { return .authentic }
        }
        return .forged
    }

    /// Returns the covered values, each preceded by its length, so that two different commands never have the same
    /// bytes.
    private static func covered(_ command: CommandEnvelope, _ service: ServiceName) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + command.body.count)
        func append(_ value: some Collection<UInt8>) {
            unsafe withUnsafeBytes(of: UInt32(value.count).bigEndian) { unsafe bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: value)
        }
        func append(_ text: String) {
            var text = text
            text.withUTF8 { unsafe append($0) }
        }
        append(service.rawValue)
        append(command.id.description)
        append(command.type)
        append(String(command.payloadVersion))
        append(command.at.description)
        append(command.actor.text)
        // A command without a fingerprint differs from one with an empty fingerprint.
        append(command.fingerprint.map { "=\($0)" } ?? "")
        append(command.body)
        return bytes
    }
}
