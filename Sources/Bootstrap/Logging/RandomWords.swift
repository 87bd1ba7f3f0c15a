import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Random 64-bit words from the system, fetched in batches. A request needs several words, and a system call for each
/// would cost too much.
struct RandomWords: RandomNumberGenerator {
    /// `getentropy` returns at most 256 bytes.
    private static let batchSize = 256 / MemoryLayout<UInt64>.size
    private static let fetched = Mutex<[UInt64]>([])

    mutating func next() -> UInt64 {
        Self.fetched.withLock { words in
            if words.isEmpty { words = Self.fetch() }
            // After `fetch()` the array is not empty.
            return words.removeLast()
        }
    }

    private static func fetch() -> [UInt64] {
        var words = [UInt64](repeating: 0, count: batchSize)
        let failure = unsafe words.withUnsafeMutableBytes { bytes in
            // A non-empty array has an address.
            unsafe getentropy(bytes.baseAddress!, bytes.count)
        }
        return failure == 0 ? words : words.map { _ in UInt64.random(in: .min ... .max) }
    }
}
