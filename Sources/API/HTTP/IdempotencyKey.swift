import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Marketplace

/// The `Idempotency-Key` of a request: the same key, from the same user, for the same route, is the same command.
struct IdempotencyKey: Sendable, Hashable {
    let text: String

    static let lengthLimit = 255

    /// One of our own making.
    init(text: String) { self.text = text }

    /// Nil when there is none. Refuses what is not 1 to 255 visible ASCII characters, and two of them.
    init?(_ headers: HTTPFields) throws(Problem) {
        let values = headers[values: .idempotencyKey]
        guard let value = values.first else { return nil }
        guard values.count == 1, (1...Self.lengthLimit).contains(value.utf8.count),
            value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .invalid(
                "must be one value of 1 to \(Self.lengthLimit) visible ASCII characters", field: "Idempotency-Key")
        }
        text = value
    }

    /// The id of the command that it stands for. No secret is in the digest: it must be the same after a signing secret
    /// was changed, and knowing it lets nobody do anything.
    func commandID(actor: Actor, route: String) -> CommandID {
        var digest = SHA256()
        // Each part ends with a byte that none of them holds.
        for part in ["gittix idempotency", actor.text, route, text] { digest.update(data: Data((part + "\n").utf8)) }
        return CommandID(.v8(digest: Array(digest.finalize())))
    }
}
