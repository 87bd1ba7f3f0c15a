/// The kinds of findings, in the order of their repair: streams before their events, facts before copies.
enum FindingKind: String, Sendable, Codable, CaseIterable {
    case redisSettings = "redis-settings"
    case postgresSettings = "postgres-settings"
    case sequenceBehind = "sequence-behind"
    case commitsLost = "commits-lost"
    case streamDiverged = "stream-diverged"
    case streamHasHoles = "stream-has-holes"
    case lowWaterAhead = "low-water-ahead"
    case groupMissing = "group-missing"
    case groupAhead = "group-ahead"
    case deferredMissing = "deferred-missing"
    case units
    case counts
    case copy
    case deadline
    case overdue
    case paymentUnreadable = "payment-unreadable"
    case paymentIdle = "payment-idle"
    case paymentStuck = "payment-stuck"
    case paymentEventMissing = "payment-event-missing"
    case captureMissing = "capture-missing"
    case stripeOrphan = "stripe-orphan"
    case commandUnanswered = "command-unanswered"
    case workStalled = "work-stalled"
    case deadLetters = "dead-letters"
    case noWorkers = "no-workers"
    case paused
    case stripeUnreachable = "stripe-unreachable"

    /// True if a scan reads one snapshot, so that it finds no work in progress. The numbers in such a finding may
    /// change between two scans of a running system, although the damage is the same.
    var isSnapshotConsistent: Bool {
        switch self {
        case .units, .counts, .deadLetters, .noWorkers, .paused, .stripeUnreachable: true
        default: false
        }
    }

    /// The place in the order of repair.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
