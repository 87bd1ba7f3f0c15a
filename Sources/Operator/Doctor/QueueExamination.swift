import Marketplace
import Streams

/// What was given up on, and what waits for a pool of which no worker lives.
struct QueueExamination: Examination {
    let surgery: Surgery

    func look() async throws -> [Finding] {
        let reports = try await Queues(redis: surgery.redis, keys: surgery.keys).report()
        let workers = try await Attendance(redis: surgery.redis, keys: surgery.keys).workers()
        var findings: [Finding] = []
        for report in reports {
            if report.dead > 0 {
                findings.append(
                    Finding(
                        kind: .deadLetters, service: report.service, subject: "dead",
                        what: "\(report.dead) entries were given up on"))
            }
            guard workers[report.service] == nil, let waiting = Self.waiting(for: report, among: reports) else {
                continue
            }
            findings.append(
                Finding(
                    kind: .nobodyWorks, weight: .note, service: report.service, subject: "workers",
                    what: "\(waiting), and no worker lives: start `Workers \(report.service)`"))
        }
        return findings
    }

    private static func waiting(for report: QueueReport, among reports: [QueueReport]) -> String? {
        let followed = reports.compactMap { other in
            other.followers.first { $0.service == report.service.rawValue && $0.hasGroup }
        }
        let events = followed.reduce(0) { $0 + ($1.lag ?? 0) + $1.pending }
        let parts = [
            (report.backlog, "in its inbox"), (report.putOff, "put off"), (events, "among the events it follows"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? nil : "entries wait: " + parts.joined(separator: ", ")
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        guard finding.kind == .deadLetters, let service = finding.service else { return .healed }
        return .left(
            "look at them with `gittix dead list \(service)`, mend the cause, then `gittix dead retry` or `drop`")
    }
}
