import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Random words of the system, fetched some at a time: a request needs several, and each call of the system costs more
/// than the words.
struct RandomWords: RandomNumberGenerator {
    /// The system gives 256 bytes whole, and is not interrupted meanwhile.
    private static let atOnce = 256 / MemoryLayout<UInt64>.size
    private static let fetched = Mutex<[UInt64]>([])

    mutating func next() -> UInt64 {
        Self.fetched.withLock { words in
            if words.isEmpty { words = Self.fetch() }
            // There is always at least one.
            return words.removeLast()
        }
    }

    private static func fetch() -> [UInt64] {
        var words = [UInt64](repeating: 0, count: atOnce)
        let failure = unsafe words.withUnsafeMutableBytes { bytes in
            // An array that is not empty has an address.
            unsafe getentropy(bytes.baseAddress!, bytes.count)
        }
        return failure == 0 ? words : words.map { _ in UInt64.random(in: .min ... .max) }
    }
}
