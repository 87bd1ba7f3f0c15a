import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams

/// A service's event stream and its outbox: whether both tell of the same events under the same numbers, and whether the
/// marks and groups stand where nothing is passed over.
struct StreamExamination: Examination {
    let service: Service
    let surgery: Surgery

    private var outbox: Outbox { Outbox(service: service) }
    private var stream: EventStream { surgery.stream(of: service) }
    private static let page = 5000
    /// What somebody added with `*` has the clock's number. The relay puts that right by itself.
    private static let mostNumbersApart: UInt64 = 100_000_000_000

    func look() async throws -> [Finding] {
        let pool = try surgery.pool(of: service)
        // Each is read before what it may only be behind of: the stream, then its readers, then the outbox.
        let (end, ids) = try await entries()
        let marks = try await stream.lowWater(groups: service.followers)
        let lowWater = try await outbox.lowWater(on: pool)
        let last = try await outbox.lastID(on: pool)
        let number = try await outbox.lastNumber(on: pool)

        var findings: [Finding] = []
        if number < last {
            findings.append(
                finding(.numbersBehind, "outbox_ids", "has given \(number), and the outbox goes up to \(last)"))
        }
        if lowWater > last {
            findings.append(
                finding(.lowWaterAhead, "outbox", "is marked as read to \(lowWater), and ends with \(last)"))
        }
        guard end != .zero else { return findings }
        guard end.sequence == 0, end.outboxID < UInt64(max(last, 0)) + Self.mostNumbersApart else { return findings }
        if let unlike = try await firstUnlike(ids, end: end, lowWater: lowWater) {
            return findings + [finding(.streamUnlikeOutbox, end.description, unlike)]
        }
        findings += try await holes(ids, end: end, read: Int64(clamping: marks.read.outboxID), lowWater: lowWater)
        findings += try await groups(end: end, lowWater: lowWater, ids: ids)
        return findings
    }

    private func finding(_ kind: Ailment, _ subject: String, _ what: String) -> Finding {
        Finding(kind: kind, service: service, subject: subject, what: what)
    }

    /// The stream's last id, as it was before its entries were read, and the entries up to it.
    private func entries() async throws -> (end: StreamID, ids: [(id: StreamID, event: EventID?)]) {
        let end = try await stream.last().id
        var ids: [(id: StreamID, event: EventID?)] = []
        while true {
            let page = try await stream.entries(after: ids.last?.id ?? .zero, limit: Self.page)
            ids += page.filter { $0.id <= end }
            guard page.count == Self.page, let last = page.last, last.id < end else { return (end, ids) }
        }
    }

    /// How the first entry differs that does.
    private func firstUnlike(
        _ ids: [(id: StreamID, event: EventID?)], end: StreamID, lowWater: Int64
    ) async throws -> String? {
        let pool = try surgery.pool(of: service)
        var rest = ids[...]
        while let first = rest.first {
            let page = rest.prefix(Self.page)
            rest = rest.dropFirst(Self.page)
            let range = Int64(clamping: first.id.outboxID)...Int64(clamping: page.last?.id.outboxID ?? 0)
            let events = try await outbox.events(range, on: pool)
            for entry in page {
                let number = Int64(clamping: entry.id.outboxID)
                switch events[number] {
                case nil where number > lowWater: return "has \(entry.id), and the outbox no row of that number"
                case let event? where event != entry.event?.uuid:
                    return "has another event at \(entry.id) than the outbox has at \(number)"
                default: break
                }
            }
        }
        // The entries are gone, and their numbers were never given: a database of before.
        guard ids.last?.id != end, Int64(clamping: end.outboxID) > lowWater,
            try await outbox.event(at: Int64(clamping: end.outboxID), on: pool) == nil
        else { return nil }
        return "ends with \(end), and the outbox has no row of that number"
    }

    /// Rows that some follower still has to read and that are not there to be read.
    private func holes(
        _ ids: [(id: StreamID, event: EventID?)], end: StreamID, read: Int64, lowWater: Int64
    ) async throws -> [Finding] {
        let from = max(read, lowWater) + 1
        guard from <= Int64(clamping: end.outboxID) else { return [] }
        let there = Set(ids.map { Int64(clamping: $0.id.outboxID) })
        let rows = try await outbox.events(from...Int64(clamping: end.outboxID), on: surgery.pool(of: service))
        let missing = rows.keys.filter { !there.contains($0) }.sorted()
        guard let first = missing.first, let last = missing.last else { return [] }
        return [
            finding(
                .streamHasHoles, "outbox",
                "has \(missing.count) rows, \(first) to \(last), that are not in the stream and that not all have read")
        ]
    }

    private func groups(
        end: StreamID, lowWater: Int64, ids: [(id: StreamID, event: EventID?)]
    ) async throws -> [Finding] {
        var findings: [Finding] = []
        for follower in service.followers {
            guard let position = try await stream.lastDelivered(to: follower) else {
                findings.append(
                    finding(.groupMissing, follower.rawValue, "has no group, so nothing waits for it to read"))
                continue
            }
            if position > end {
                // The stream may have grown since it was looked at, and the group have read on.
                let end = try await stream.last().id
                guard position > end else { continue }
                findings.append(
                    finding(
                        .groupAhead, follower.rawValue, "reads on after \(position), and the stream ends with \(end)"))
                continue
            }
            let settled = try await stream.lowWater(groups: [follower]).settled
            let open = ids.filter { $0.id > settled && Int64(clamping: $0.id.outboxID) <= lowWater }.count
            if open > 0 {
                findings.append(
                    finding(
                        .lowWaterAhead, follower.rawValue,
                        "has settled all to \(settled), and the outbox is marked as settled by all to \(lowWater)"))
            }
        }
        return findings
    }
}

extension StreamExamination {
    func mend(_ finding: Finding) async throws -> Treatment {
        // It may be another stream by now than the one that was found: what is still found of it is mended.
        guard try await look().contains(where: { $0.kind == finding.kind && $0.subject == finding.subject }) else {
            return .healed
        }
        let pool = try surgery.pool(of: service)
        switch finding.kind {
        case .numbersBehind:
            try await outbox.number(beyond: 0, on: pool)
            return .mended("the next number is beyond all rows")
        case .streamUnlikeOutbox: return try await rebuild(on: pool)
        case .streamHasHoles:
            let end = try await stream.last().id
            guard try await stream.startAgain(ifEndingWith: end) else { return .left("the stream moved: run it again") }
            return .mended(
                "the stream is published again from the low-water mark on; what was read is found in the inboxes")
        case .lowWaterAhead:
            let mark = try await safeMark(on: pool)
            try await outbox.lower(lowWater: mark, on: pool)
            return .mended("the mark is \(mark)")
        case .groupMissing:
            guard let follower = Service(rawValue: finding.subject) else { return .healed }
            let mark = StreamID(outbox: UInt64(max(try await outbox.lowWater(on: pool), 0)))
            try await stream.createGroup(of: follower, at: mark)
            return .mended("it has a group, which reads on after \(mark): so far all had settled")
        case .groupAhead:
            guard let follower = Service(rawValue: finding.subject) else { return .healed }
            let mark = StreamID(outbox: UInt64(max(try await outbox.lowWater(on: pool), 0)))
            try await stream.setPosition(of: follower, to: mark)
            return .mended("it reads on after \(mark): so far all had settled")
        default: return .left("")
        }
    }

    /// Before every entry that some group has not settled. What is not in the stream any more was trimmed, for all had
    /// read it.
    private func safeMark(on pool: PostgresPool) async throws -> Int64 {
        let settled = Int64(clamping: try await stream.lowWater(groups: service.followers).settled.outboxID)
        let first = try await stream.entries(after: .zero, limit: 1).first.map { Int64(clamping: $0.id.outboxID) }
        let last = try await outbox.lastID(on: pool)
        return min(max(settled, (first ?? last + 1) - 1), last)
    }

    /// The database is older than Redis: it is the one to go on from, for it has the facts. Its numbers go on beyond what
    /// the stream has had, so that none means two events; then the stream is deleted, and the relay publishes anew what
    /// the outbox has after its low-water mark. What others have heard of and the owner has forgotten is found among the
    /// copies.
    private func rebuild(on pool: PostgresPool) async throws -> Treatment {
        if let busy = try await whoWorks() { return .left(busy) }
        let end = try await stream.last().id
        try await outbox.number(beyond: Int64(clamping: end.outboxID), on: pool)
        _ = try await outbox.maintain(on: pool)
        guard try await stream.startAgain(ifEndingWith: end) else { return .left("the stream moved: run it again") }
        let last = try await outbox.lastID(on: pool)
        return .mended(
            "the stream begins again, with the outbox's rows up to \(last); new ones have numbers beyond \(end.outboxID)"
        )
    }

    /// Who reads the stream, or writes to its outbox, must not be in the middle of what the database has forgotten.
    private func whoWorks() async throws -> String? {
        let pauses = Pauses(redis: surgery.redis, keys: surgery.keys)
        let attendance = try await Attendance(redis: surgery.redis, keys: surgery.keys).workers()
        var working: [String] = []
        for pool in [service] + service.followers {
            guard let workers = attendance[pool] else { continue }
            guard let pause = try await pauses.current(pool) else {
                working.append(pool.rawValue)
                continue
            }
            let isNew = Timestamp.now().milliseconds - pause.sinceMilliseconds < 2000
            let busy = try await stream.busyConsumers(of: pool).contains { workers.contains($0) }
            if isNew || busy { working.append("\(pool) (paused, and not at rest yet)") }
        }
        guard !working.isEmpty else { return nil }
        return """
            first stop or pause all who write or read it (`gittix pause all`): at work are \
            \(working.joined(separator: ", ")); a worker that was killed counts for 15 s
            """
    }
}
