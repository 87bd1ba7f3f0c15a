public import FoundationEssentials

extension UUID {
    /// The two halves, big-endian: comparing them compares the bytes.
    var halves: (UInt64, UInt64) {
        let b = uuid
        func join(
            _ b0: UInt8, _ b1: UInt8, _ b2: UInt8, _ b3: UInt8, _ b4: UInt8, _ b5: UInt8, _ b6: UInt8, _ b7: UInt8
        ) -> UInt64 {
            let high = UInt64(b0) << 56 | UInt64(b1) << 48 | UInt64(b2) << 40 | UInt64(b3) << 32
            let low = UInt64(b4) << 24 | UInt64(b5) << 16 | UInt64(b6) << 8 | UInt64(b7)
            return high | low
        }
        return (join(b.0, b.1, b.2, b.3, b.4, b.5, b.6, b.7), join(b.8, b.9, b.10, b.11, b.12, b.13, b.14, b.15))
    }

    init(high: UInt64, low: UInt64) {
        func byte(_ value: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> (56 - 8 * index)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5), byte(high, 6),
                byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5), byte(low, 6),
                byte(low, 7)
            ))
    }

    /// True if the bytes of this UUID sort before the other's.
    public func precedes(_ other: UUID) -> Bool { halves < other.halves }
}

extension UUID {
    /// Creates a version 7 UUID (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then 74 random bits.
    ///
    /// Ids made in a later millisecond sort later.
    public static func v7(at time: Timestamp = .now()) -> UUID {
        var random = SystemRandomNumberGenerator()
        return v7(at: time, using: &random)
    }

    public static func v7(at time: Timestamp, using random: inout some RandomNumberGenerator) -> UUID {
        let milliseconds = UInt64(clamping: time.milliseconds) & 0xffff_ffff_ffff
        let high = milliseconds << 16 | 0x7000 | (random.next() & 0x0fff)
        let low = 0x8000_0000_0000_0000 | (random.next() & 0x3fff_ffff_ffff_ffff)
        return UUID(high: high, low: low)
    }

    /// Creates a version 8 UUID (RFC 9562, section 5.8) from 122 bits of a digest: equal input gives an equal id.
    ///
    /// - Parameter digest: At least 16 bytes, of which the first 16 are used.
    public static func v8(digest: some Collection<UInt8>) -> UUID {
        precondition(digest.count >= 16, "the digest has fewer than 16 bytes")
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in digest.prefix(16).enumerated() {
            if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
        return UUID(
            high: high & 0xffff_ffff_ffff_0fff | 0x8000, low: low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}

extension UUID {
    /// The UUID of one of several things that a command creates: the number is mixed into this UUID's last two bytes.
    func numbered(_ number: Int) -> UUID {
        let (high, low) = halves
        return UUID(high: high, low: low ^ UInt64(number & 0xffff))
    }
}

extension Identifier {
    /// Creates a version 7 id.
    public static func new(at time: Timestamp = .now()) -> Identifier { Identifier(.v7(at: time)) }
}
