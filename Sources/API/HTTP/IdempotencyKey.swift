import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace

/// The `Idempotency-Key` of a request. Requests of one user to one route with the same key are the same command.
///
/// The header may contain the key as the string of draft-ietf-httpapi-idempotency-key-header (RFC 9651, section 3.3.3),
/// or without quotes, as Stripe's clients send it: `"k"` and `k` are the same key.
struct IdempotencyKey: Sendable, Hashable {
    let text: String

    /// A key that this process creates.
    init(text: String) { self.text = text }

    /// Returns `nil` if the header is missing.
    ///
    /// - Throws: ``Problem`` (400) for two headers, and for a key that is not 1 to 255 visible ASCII characters.
    init?(_ headers: HTTPFields) throws(Problem) {
        let values = headers[values: .idempotencyKey]
        guard let field = values.first else { return nil }
        guard values.count == 1, let value = Self.unquoted(field),
            RequestLimits.idempotencyKeyBytes.contains(value.utf8.count),
            value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .invalid(
                "must be one value of 1 to \(RequestLimits.idempotencyKeyBytes.upperBound) visible ASCII characters",
                field: "Idempotency-Key")
        }
        text = value
    }

    /// Returns `nil` for text that begins with a quote, but is not a well-formed string.
    private static func unquoted(_ field: String) -> String? {
        guard field.first == "\"" else { return field }
        var text = ""
        var rest = field.dropFirst()
        while let character = rest.popFirst() {
            switch character {
            case "\"": return rest.isEmpty ? text : nil
            case "\\":
                guard let escaped = rest.popFirst(), escaped == "\"" || escaped == "\\" else { return nil }
                text.append(escaped)
            default: text.append(character)
            }
        }
        return nil
    }

    /// The id of the command with this key. The digest contains no secret: the id must not change when the signing
    /// secret changes, and knowledge of the id gives no access.
    func commandID(actor: Actor, route: String) -> CommandID {
        var digest = SHA256()
        // Each part ends with a byte that no part contains.
        for part in ["gittix idempotency", actor.text, route, text] { digest.update(data: Data((part + "\n").utf8)) }
        return CommandID(.v8(digest: Array(digest.finalize())))
    }
}
