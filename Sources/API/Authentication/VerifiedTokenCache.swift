import Crypto
import Marketplace
import Synchronization

/// Caches the claims of tokens with a verified signature, by the SHA-256 of their text, so that the signature of a
/// token is normally verified once. The expiry, the list of bans and the list of ended sessions are still checked for
/// each request.
final class VerifiedTokenCache: Sendable {
    struct Claims: Sendable {
        let requester: Requester
        let issuedAt: Timestamp
    }

    private let entries: Mutex<TwoGenerationCache<SHA256Digest, Claims>>

    /// - Parameter limit: maximum number of tokens, at about 150 bytes each.
    init(limit: Int = 20_000) { entries = Mutex(TwoGenerationCache(limit: limit)) }

    static func digest(of text: String) -> SHA256Digest {
        var text = text
        return text.withUTF8 { bytes in
            var hash = SHA256()
            unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            return hash.finalize()
        }
    }

    var count: Int { entries.withLock(\.count) }

    subscript(digest: SHA256Digest) -> Claims? {
        get { entries.withLock { $0.value(digest) } }
        set {
            guard let newValue else { return }
            entries.withLock { $0.insert(newValue, for: digest) }
        }
    }
}
