import Marketplace
import PostgresClient
import Storage
import Streams

/// Events that were put off and are gone: their marks hold the outbox for ever, and what they told is not done.
struct PutOffExamination: Examination {
    let surgery: Surgery

    func look() async throws -> [Finding] {
        var findings: [Finding] = []
        for follower in Service.allCases {
            for source in follower.follows {
                for id in try await marks(of: follower, from: source).withoutEvent(limit: Self.limit) {
                    findings.append(
                        Finding(
                            kind: .putOffLost, service: follower, subject: "\(source) \(id)",
                            what: "was put off, and is neither in `later` nor in the inbox"))
                }
            }
        }
        return findings
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        let words = finding.subject.split(separator: " ")
        guard let follower = finding.service, words.count == 2, let source = Service(rawValue: String(words[0])),
            let id = StreamID(words[1])
        else { return .healed }
        let marks = marks(of: follower, from: source)
        guard try await marks.withoutEvent().contains(id) else { return .healed }
        let row: OutboxRow? =
            source.hasSchema
            ? try await Outbox(service: source).row(
                at: Int64(clamping: id.outboxID), on: surgery.pool(of: source)) : nil
        guard let row else {
            try await marks.release(id)
            return .mended("its mark is taken away: the outbox has no such row any more")
        }
        try await Redelivery(redis: surgery.redis, keys: surgery.keys).deliver(
            [(number: UInt64(row.id), event: EventEnvelope(row.event, isNew: false))], of: source, to: follower)
        return .mended("delivered again, from the outbox")
    }

    private func marks(of follower: Service, from source: Service) -> PutOffMarks {
        PutOffMarks(of: follower, from: source, redis: surgery.redis, keys: surgery.keys)
    }
}
