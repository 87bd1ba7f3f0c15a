import FoundationEssentials
import Marketplace
import Services
import Storage

/// Finds background work, such as ending a banned buyer's holds, that has made no progress for some minutes.
struct WorkCheck: Check {
    let service: ServiceName
    let context: OperatorContext

    /// Maximum time without progress. A slice takes seconds, and a sweep begins every few seconds.
    static let patience = Duration.seconds(300)

    func scan() async throws -> [Finding] {
        let since = try await context.now(of: service) - Self.patience
        return try await WorkTable(service: service)
            .stalled(since: since, limit: Self.limit, on: try context.pool(of: service))
            .map { work, since in
                Finding(
                    kind: .workStalled, service: service,
                    subject: "\(work.kind.rawValue) \(work.subject.uuidString.lowercased())",
                    problem: "has made no progress since \(since)")
            }
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        .manual(
            """
            look in the log of the workers of \(service) for “An item of background work failed”, and repair that \
            order or listing; if no worker runs, start one
            """)
    }
}
