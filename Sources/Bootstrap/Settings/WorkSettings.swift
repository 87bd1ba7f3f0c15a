/// How the workers read, claim and sweep.
public struct WorkSettings: Sendable {
    /// How many entries a batch has at most.
    public let batchSize: Int
    /// How long an entry must be without a heartbeat before another worker takes it.
    public let claimIdle: Duration
    /// How many entries an event stream holds before the rest waits in the outbox.
    public let streamBoundEntries: Int
    /// How often the sweeps look for what a lost message left undone.
    public let reconcileInterval: Duration
    /// How long an order holds its units.
    public let hold: Duration
    /// How long after its rotation a refresh token is answered with `already_rotated` and revokes nothing.
    public let refreshGrace: Duration

    init(_ reader: SettingsReader) throws(SettingsError) {
        batchSize = try reader.integer(.batchSize, default: 256, in: 1...4096)
        claimIdle = try .milliseconds(reader.integer(.claimIdleMS, default: 5_000, in: 500...600_000))
        streamBoundEntries = try reader.integer(.streamBoundEntries, default: 10_000, in: 100...10_000_000)
        reconcileInterval = try Self.reconcileInterval(reader)
        hold = try reader.seconds(.holdSeconds, default: 900, in: 1...86_400)
        refreshGrace = try reader.seconds(.refreshGraceSeconds, default: 10, in: 0...300)
    }

    static func reconcileInterval(_ reader: SettingsReader) throws(SettingsError) -> Duration {
        try reader.seconds(.reconcileSeconds, default: 60, in: 1...3_600)
    }
}
