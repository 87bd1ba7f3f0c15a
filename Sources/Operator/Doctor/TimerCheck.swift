import Marketplace
import PostgresClient
import RedisClient
import Services
import Storage
import Streams

/// Finds rows whose timer is missing in Redis or has a different time there, and rows that are overdue.
struct TimerCheck: Check {
    let timer: ServiceTimer
    let context: OperatorContext
    /// Maximum time that the command and the sweep may take to act on a due timer.
    let maxDelay: Duration

    private static let pageSize = 2000
    /// The last hour of the horizon is left out, because the owner's sweep may be about to set timers in it.
    private static let horizon = Timers.horizon - .seconds(3600)

    private var service: ServiceName { timer.name.service }
    private var timers: Timers { Timers(timer.name, redis: context.redis, keys: context.keys) }

    func scan() async throws -> [Finding] {
        try await overdue() + missing()
    }

    private func overdue() async throws -> [Finding] {
        let now = try await context.now(of: service)
        return try await timer.rows(until: now - maxDelay, limit: Self.limit, on: try context.pool(of: service)).map {
            finding(.overdue, $0, "was due at \($0.due), and nothing has acted on it")
        }
    }

    private func missing() async throws -> [Finding] {
        // At full capacity, Redis drops the timers that are due last, so a missing timer is not damage.
        guard try await timers.report().waiting < Timers.capacity else { return [] }
        let pool = try context.pool(of: service)
        let mark = Int64(
            clamping: try await context.stream(of: service).lowWaterMark(groups: [.expiration]).settled.outboxID)
        let settled = max(mark, try await Outbox(service: service).lastSettledID(on: pool))
        var findings: [Finding] = []
        var last: DueTimer?
        repeat {
            let now = try await context.now(of: service)
            let page = try await timer.rows(
                after: now, following: last, until: now + Self.horizon, limit: Self.pageSize, on: pool)
            last = page.count == Self.pageSize ? page.last : nil
            let due = try await timers.due(of: page.map(\.subject))
            let suspects = page.filter { due[$0.subject] != $0.due.milliseconds }
            let pending = try await Outbox(service: service).latestVersions(
                of: suspects.map(\.subject.description), after: settled, on: pool)
            findings += suspects.filter { pending[$0.subject.description] == nil }.map { timer in
                let set = due[timer.subject].map { "is set to \(Timestamp(milliseconds: $0))" } ?? "is not set"
                return finding(.deadline, timer, "\(set) in Redis, and is due at \(timer.due)")
            }
        } while last != nil && findings.count < Self.limit
        return findings
    }

    private func finding(_ kind: FindingKind, _ found: DueTimer, _ problem: String) -> Finding {
        Finding(
            kind: kind, service: service, subject: "\(found.subject) \(timer.name.kind.rawValue)",
            problem: "its timer \(problem)")
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        guard let id = finding.subject.split(separator: " ").first.flatMap({ TimerSubjectID($0) }),
            let found = try await timer.row(of: id, on: try context.pool(of: service))
        else { return .resolved }
        if finding.kind == .overdue {
            guard try await found.due <= context.now(of: service) else { return .resolved }
            try await timer.perform(found, by: try await context.decider(of: service))
            return .repaired("\(service) has acted on it")
        }
        try await timers.set([found])
        return .repaired("its timer is set")
    }
}
