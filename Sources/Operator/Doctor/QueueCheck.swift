import Marketplace
import Services
import Streams

/// Finds dead letters, paused services, and entries that wait for a service without workers.
struct QueueCheck: Check {
    let context: OperatorContext

    func scan() async throws -> [Finding] {
        let queues = Queues(redis: context.redis, keys: context.keys, topology: ServiceRegistry.topology)
        let reports = try await queues.report()
        let workers = try await WorkerPresence(redis: context.redis, keys: context.keys).workers()
        var findings: [Finding] = []
        for report in reports {
            if report.deadLetters > 0 {
                findings.append(
                    Finding(
                        kind: .deadLetters, service: report.service, subject: "dead",
                        problem: "has \(report.deadLetters) entries"))
            }
            if let pause = report.paused {
                findings.append(
                    Finding(
                        kind: .paused, weight: .note, service: report.service, subject: "workers",
                        problem: PauseText.problem(pause, of: report.service)))
            }
            guard workers[report.service] == nil, let waiting = Self.waiting(for: report, among: reports) else {
                continue
            }
            findings.append(
                Finding(
                    kind: .noWorkers, weight: .note, service: report.service, subject: "workers",
                    problem: "\(waiting), and no worker runs: start `Workers \(report.service)`"))
        }
        return findings
    }

    private static func waiting(for report: QueueReport, among reports: [QueueReport]) -> String? {
        let followed = reports.compactMap { other in
            other.followers.first { $0.service == report.service.rawValue && ($0.hasGroup || $0.isCatchingUp) }
        }
        let events = followed.reduce(0) { $0 + ($1.lag ?? 0) + $1.pending }
        let parts = [
            (report.backlog, "in its command stream"), (report.deferred, "deferred"),
            (events, "in the event streams that it follows"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? nil : "entries wait: " + parts.joined(separator: ", ")
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        guard finding.kind == .deadLetters, let service = finding.service else { return .resolved }
        return .manual(
            "read them with `gittix dead list \(service)`, repair the cause, then `gittix dead retry` or `drop` them")
    }
}
