import Marketplace
import PostgresClient
import Services
import Storage
import Streams

/// Finds marks of deferred events whose event is lost. Such a mark holds back the outbox permanently, and the event has
/// no effect.
struct DeferredCheck: Check {
    let context: OperatorContext

    func scan() async throws -> [Finding] {
        var findings: [Finding] = []
        for follower in ServiceRegistry.topology.nodes {
            for source in follower.follows {
                for id in try await marks(of: follower.name, from: source).withoutEvent(limit: Self.limit) {
                    findings.append(
                        Finding(
                            kind: .deferredMissing, service: follower.name, subject: "\(source) \(id)",
                            problem: "was deferred, and is neither in `later` nor in the command stream"))
                }
            }
        }
        return findings
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        let words = finding.subject.split(separator: " ")
        guard let follower = finding.service, words.count == 2, let source = ServiceName(rawValue: String(words[0])),
            let id = StreamID(words[1])
        else { return .resolved }
        let marks = marks(of: follower, from: source)
        guard try await marks.withoutEvent().contains(id) else { return .resolved }
        let row: OutboxRow? =
            ServiceRegistry.topology.withSchema.contains(source)
            ? try await Outbox(service: source).row(
                at: Int64(clamping: id.outboxID), on: context.pool(of: source)) : nil
        guard let row else {
            try await marks.release(id)
            return .repaired("its mark is removed, because the outbox no longer has the event")
        }
        try await Redelivery(redis: context.redis, keys: context.keys).deliver(
            [(number: UInt64(row.id), event: EventEnvelope(row.event, isNew: false))], of: source, to: follower)
        return .repaired("it is delivered again from the outbox")
    }

    private func marks(of follower: ServiceName, from source: ServiceName) -> DeferredMarks {
        DeferredMarks(of: follower, from: source, redis: context.redis, keys: context.keys)
    }
}
