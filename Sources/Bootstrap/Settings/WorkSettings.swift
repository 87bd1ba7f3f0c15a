/// Settings that all workers share.
public struct WorkSettings: Sendable {
    static let defaultBatchSize = 256
    static let defaultClaimIdleMS = 5_000
    static let defaultStreamBoundEntries = 10_000
    static let defaultReconcileSeconds = 60

    /// Maximum number of entries in a batch.
    public let batchSize: Int
    /// The time without a heartbeat after which another worker takes over an entry.
    public let claimIdle: Duration
    /// Maximum number of entries in an event stream. Older entries are only in the outbox.
    public let streamBoundEntries: Int
    /// The interval of the sweeps for lost webhooks and overdue timers.
    public let reconcileInterval: Duration
    /// The secrets that sign commands; empty if no service of the process takes commands.
    public let signingSecrets: [Secret]
    /// True if commands without a signature are accepted.
    public let acceptsUnsignedCommands: Bool

    init(_ reader: SettingsReader, takesCommands: Bool) throws(SettingsError) {
        batchSize = try reader.integer(.batchSize, default: Self.defaultBatchSize, in: 1...4096)
        claimIdle = try .milliseconds(reader.integer(.claimIdleMS, default: Self.defaultClaimIdleMS, in: 500...600_000))
        streamBoundEntries = try reader.integer(
            .streamBoundEntries, default: Self.defaultStreamBoundEntries, in: 100...10_000_000)
        reconcileInterval = try Self.reconcileInterval(reader)
        signingSecrets = takesCommands ? try reader.signingSecrets() : []
        acceptsUnsignedCommands = try reader.flag(.acceptUnsignedCommands, default: false)
    }

    static func reconcileInterval(_ reader: SettingsReader) throws(SettingsError) -> Duration {
        try reader.seconds(.reconcileSeconds, default: Self.defaultReconcileSeconds, in: 1...3_600)
    }
}
