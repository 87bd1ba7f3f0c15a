/// Distinguishes addresses of the public internet from addresses of this machine, of private networks and for special
/// use.
///
/// These addresses are not public: the blocks of IANA's special-purpose address registries (RFC 6890) that are not
/// globally reachable, the multicast blocks, and addresses that contain an IPv4 address (mapped, NAT64, 6to4, Teredo).
public enum PublicAddress {
    /// - Parameter bytes: The 4 bytes of an IPv4 address, or the 16 bytes of an IPv6 address. For any other number of
    ///   bytes, the result is false.
    public static func contains(_ bytes: [UInt8]) -> Bool {
        switch bytes.count {
        case 4: !special4.contains { $0.contains(bytes) }
        case 16: Block([0x20], 3).contains(bytes) && !special6.contains { $0.contains(bytes) }
        default: false
        }
    }

    /// The addresses that begin with the same bits.
    private struct Block {
        let prefix: [UInt8]
        let bits: Int

        init(_ prefix: [UInt8], _ bits: Int) {
            self.prefix = prefix
            self.bits = bits
        }

        func contains(_ bytes: [UInt8]) -> Bool {
            prefix.indices.allSatisfy { index in
                let rest = bits - 8 * index
                let mask = rest >= 8 ? 0xff : UInt8(truncatingIfNeeded: 0xff00 >> max(rest, 0))
                return bytes[index] & mask == prefix[index] & mask
            }
        }
    }

    private static let special4 = [
        Block([0], 8), Block([10], 8), Block([100, 64], 10), Block([127], 8), Block([169, 254], 16),
        Block([172, 16], 12), Block([192, 0, 0], 24), Block([192, 0, 2], 24), Block([192, 88, 99], 24),
        Block([192, 168], 16), Block([198, 18], 15), Block([198, 51, 100], 24), Block([203, 0, 113], 24),
        Block([224], 4), Block([240], 4),
    ]

    /// The special blocks within 2000::/3, which is the only block that IANA has assigned for global unicast.
    private static let special6 = [
        Block([0x20, 0x01, 0x00], 23), Block([0x20, 0x01, 0x0d, 0xb8], 32), Block([0x20, 0x02], 16),
        Block([0x3f, 0xff, 0x00], 20),
    ]
}
