import Crypto
import Marketplace
import Synchronization

/// The claims of tokens whose signature was checked before, by the SHA-256 of their text: a digest that is found here is
/// that of a text that was signed with one of our secrets, and checking it again would tell nothing new. The times and
/// the list of bans are looked at for each request all the same.
///
/// Two generations: when the younger is full it becomes the elder, and the elder is forgotten. So memory is bounded, and
/// what is in use stays.
final class KnownTokens: Sendable {
    struct Claims: Sendable {
        let requester: Requester
        let issuedAt: Timestamp
    }

    private struct Generations {
        var younger: [SHA256Digest: Claims] = [:]
        var elder: [SHA256Digest: Claims] = [:]
    }

    /// How many each generation holds; an entry takes about 150 bytes.
    private let size: Int
    private let generations = Mutex(Generations())

    init(size: Int = 10_000) { self.size = size }

    static func digest(of text: String) -> SHA256Digest {
        var text = text
        return text.withUTF8 { bytes in
            var hash = SHA256()
            unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            return hash.finalize()
        }
    }

    var count: Int { generations.withLock { $0.younger.count + $0.elder.count } }

    subscript(digest: SHA256Digest) -> Claims? {
        get {
            generations.withLock { generations in
                if let claims = generations.younger[digest] { return claims }
                guard let claims = generations.elder[digest] else { return nil }
                keep(claims, of: digest, in: &generations)
                return claims
            }
        }
        set {
            guard let newValue else { return }
            generations.withLock { keep(newValue, of: digest, in: &$0) }
        }
    }

    private func keep(_ claims: Claims, of digest: SHA256Digest, in generations: inout Generations) {
        if generations.younger.count >= size {
            generations.elder = generations.younger
            generations.younger = [:]
        }
        generations.younger[digest] = claims
    }
}
