/// The Argon2id cost of one hash.
public struct PasswordCost: Sendable, Hashable {
    public var memoryKiB: UInt32
    public var passes: UInt32

    public init(memoryKiB: UInt32, passes: UInt32) {
        self.memoryKiB = memoryKiB
        self.passes = passes
    }

    /// 19 MiB and 2 passes on one lane: OWASP's Password Storage Cheat Sheet, section "Argon2id".
    public static let recommended = PasswordCost(memoryKiB: 19 * 1024, passes: 2)
}
