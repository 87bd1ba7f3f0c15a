import FoundationEssentials
import Marketplace
import Synchronization

/// Limits the requests of one kind from one address: a token bucket for each address, in the memory of this process, so
/// that a request costs no I/O.
final class AddressBudget: Sendable {
    private let kind: String
    private let perMinute: Int
    private let bucket: TokenBucket
    /// The time at which the bucket of an address is full again.
    private let fullAt: Mutex<TwoGenerationCache<String, ContinuousClock.Instant>>

    /// - Parameters:
    ///   - kind: the name in the `RateLimit` fields.
    ///   - limit: maximum number of buckets, at about 100 bytes each. An address whose bucket was dropped to make room
    ///     for others starts again with a full one.
    init(_ kind: String, perMinute: Int, limit: Int = 50_000) {
        fullAt = Mutex(TwoGenerationCache(limit: limit))
        self.kind = kind
        self.perMinute = perMinute
        bucket = TokenBucket(capacity: perMinute, fillTime: .seconds(60))
    }

    /// Takes a token for a request.
    ///
    /// - Parameter address: the client's address from ``ClientAddress``.
    /// - Throws: ``Problem`` (429) if the bucket of the address is empty.
    func take(_ address: String, now: ContinuousClock.Instant = .now) throws {
        let wait = fullAt.withLock { buckets -> Duration? in
            let known = buckets.value(address)
            guard let full = bucket.take(fullAt: known, now: now) else {
                return now.duration(to: known ?? now) - bucket.tolerance
            }
            buckets.insert(full, for: address)
            return nil
        }
        if let wait { throw Problem.tooMany(kind, perMinute: perMinute, wait: wait) }
    }
}

/// Limits on requests from one address, for kinds of requests that no other limit covers.
struct AddressBudgets: Sendable {
    /// Lists and searches of listings and of the catalogue, quotes of fees, and sitemaps.
    let searches: AddressBudget
    /// Pages of events and of their dates. Each reads the offers of up to 50 dates. Many fans may share an address.
    let dates: AddressBudget
    /// Requests that renew or end sessions. Their commands have no user, so ``CommandBudget`` does not limit them.
    let renewals: AddressBudget
    /// Searches for commands that no service has recorded. Each reads the streams of all services.
    let unknownCommands = AddressBudget("unknown commands", perMinute: 60)
    /// Reports of listings. Many members may share an address, and few report anything.
    let reports = AddressBudget("reports", perMinute: 10)
}
