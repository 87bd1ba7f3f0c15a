import FoundationEssentials
import Marketplace
import PostgresClient
import Services
import Storage
import Streams

/// Compares a service's event stream with its outbox, and checks that marks and groups skip no event.
struct StreamCheck: Check {
    let service: ServiceName
    let context: OperatorContext

    private typealias Entry = (id: StreamID, event: EventID?)

    private var followers: [ServiceName] { ServiceRegistry.topology.followers(of: service) }
    private var outbox: Outbox { Outbox(service: service) }
    private var stream: EventStream { context.stream(of: service) }
    private static let pageSize = 5000
    /// If the stream's last id exceeds the outbox's by more than this, the entry was added by hand with `*`, which uses
    /// the time as the id. The relay repairs such a stream.
    private static let maxIDDifference: UInt64 = 100_000_000_000

    func scan() async throws -> [Finding] {
        let pool = try context.pool(of: service)
        // Because of this order of reads, the stream can appear to be behind its readers, and the readers behind the
        // outbox, but never the other way round.
        let (end, entries) = try await readStream()
        let marks = try await stream.lowWaterMark(groups: followers)
        let lastSettledID = try await outbox.lastSettledID(on: pool)
        let last = try await outbox.lastID(on: pool)
        let assigned = try await outbox.lastAssignedID(on: pool)

        var findings: [Finding] = []
        if assigned < last {
            findings.append(
                finding(
                    .sequenceBehind, "outbox_ids", "has last assigned \(assigned), and the outbox ends with \(last)"))
        }
        if lastSettledID > last {
            findings.append(
                finding(.lowWaterAhead, "outbox", "is marked as settled up to \(lastSettledID), and ends with \(last)"))
        }
        let lost = try await outbox.lostNumbers(on: pool)
        if let lost {
            findings.append(
                finding(
                    .commitsLost, "outbox",
                    "has lost commits whose events were published, after row \(lost.after) and up to \(lost.through)"))
        }
        guard end != .zero else { return findings }
        guard end.sequence == 0, end.outboxID < UInt64(max(last, 0)) + Self.maxIDDifference else { return findings }
        // The relay has continued after the lost numbers, so an entry with such a number does not count as a
        // difference.
        func isLost(_ id: StreamID) -> Bool {
            lost.map { (($0.after + 1)...max($0.through, $0.after + 1)).contains(Int64(clamping: id.outboxID)) }
                ?? false
        }
        let difference =
            isLost(end)
            ? nil
            : try await firstDifference(entries.filter { !isLost($0.id) }, end: end, lastSettledID: lastSettledID)
        if let difference { return findings + [finding(.streamDiverged, end.description, difference)] }
        findings += try await holes(
            entries, end: end, read: Int64(clamping: marks.read.outboxID), lastSettledID: lastSettledID)
        findings += try await groups(end: end, lastSettledID: lastSettledID, entries: entries)
        return findings
    }

    private func finding(_ kind: FindingKind, _ subject: String, _ problem: String) -> Finding {
        Finding(kind: kind, service: service, subject: subject, problem: problem)
    }

    /// Returns the stream's last id, read before the entries, and the entries up to it.
    private func readStream() async throws -> (end: StreamID, entries: [Entry]) {
        let end = try await stream.last().id
        var entries: [Entry] = []
        while true {
            let page = try await stream.entries(after: entries.last?.id ?? .zero, limit: Self.pageSize)
            entries += page.filter { $0.id <= end }
            guard page.count == Self.pageSize, let last = page.last, last.id < end else { return (end, entries) }
        }
    }

    /// Describes the first entry that differs from the outbox, or returns `nil` if none does.
    private func firstDifference(_ entries: [Entry], end: StreamID, lastSettledID: Int64) async throws -> String? {
        let pool = try context.pool(of: service)
        var rest = entries[...]
        while let first = rest.first {
            let page = rest.prefix(Self.pageSize)
            rest = rest.dropFirst(Self.pageSize)
            let range = Int64(clamping: first.id.outboxID)...Int64(clamping: page.last?.id.outboxID ?? 0)
            let events = try await outbox.events(range, on: pool)
            for entry in page {
                let row = Int64(clamping: entry.id.outboxID)
                switch events[row] {
                case nil where row > lastSettledID: return "has entry \(entry.id), and the outbox has no such row"
                case let event? where event != entry.event?.uuid:
                    return "has an event at \(entry.id) that differs from the outbox's"
                default: break
                }
            }
        }
        // The last entries were trimmed, and the outbox does not have their rows: the database was restored.
        guard entries.last?.id != end, Int64(clamping: end.outboxID) > lastSettledID,
            try await outbox.event(at: Int64(clamping: end.outboxID), on: pool) == nil
        else { return nil }
        return "ends with \(end), and the outbox has no such row"
    }

    /// Finds rows that the stream lacks although a follower has not read them yet.
    private func holes(
        _ entries: [Entry], end: StreamID, read: Int64, lastSettledID: Int64
    ) async throws -> [Finding] {
        let from = max(read, lastSettledID) + 1
        guard from <= Int64(clamping: end.outboxID) else { return [] }
        let published = Set(entries.map { Int64(clamping: $0.id.outboxID) })
        let rows = try await outbox.events(from...Int64(clamping: end.outboxID), on: context.pool(of: service))
        let missing = rows.keys.filter { !published.contains($0) }.sorted()
        guard let first = missing.first, let last = missing.last else { return [] }
        return [
            finding(
                .streamHasHoles, "outbox",
                "has \(missing.count) rows, \(first) to \(last), that the stream lacks and some follower has not read")
        ]
    }

    private func groups(end: StreamID, lastSettledID: Int64, entries: [Entry]) async throws -> [Finding] {
        var findings: [Finding] = []
        let away = Set(try await stream.catchUp.gaps().map(\.follower))
        for follower in followers where !away.contains(follower.rawValue) {
            guard let position = try await stream.lastDelivered(to: follower) else {
                findings.append(
                    finding(.groupMissing, follower.rawValue, "has no group, so that events are not kept for it"))
                continue
            }
            if position > end {
                // The stream may have grown since the first read, and the group may have read the new entries.
                let end = try await stream.last().id
                guard position > end else { continue }
                findings.append(
                    finding(
                        .groupAhead, follower.rawValue, "has the position \(position), and the stream ends with \(end)")
                )
                continue
            }
            let settled = try await stream.lowWaterMark(groups: [follower]).settled
            let unsettled = entries.filter { $0.id > settled && Int64(clamping: $0.id.outboxID) <= lastSettledID }.count
            if unsettled > 0 {
                findings.append(
                    finding(
                        .lowWaterAhead, follower.rawValue,
                        "has settled all up to \(settled), and the outbox is marked as settled up to \(lastSettledID)"))
            }
        }
        return findings
    }
}

extension StreamCheck {
    func repair(_ finding: Finding) async throws -> RepairResult {
        // The stream may have changed since the finding, so only damage that still exists is repaired.
        guard try await scan().contains(where: { $0.kind == finding.kind && $0.subject == finding.subject }) else {
            return .resolved
        }
        let pool = try context.pool(of: service)
        switch finding.kind {
        case .sequenceBehind:
            try await outbox.advanceSequence(beyond: 0, on: pool)
            return .repaired("the next id is above all rows")
        case .commitsLost: return try await settleLostCommits(on: pool)
        case .streamDiverged: return try await rebuild(on: pool)
        case .streamHasHoles:
            let end = try await stream.last().id
            guard try await stream.reset(ifEndingWith: end) else {
                return .manual("the stream has grown: run the doctor again")
            }
            return .repaired("the stream is published again from the low-water mark; inboxes ignore repeated events")
        case .lowWaterAhead:
            let mark = try await safeMark(on: pool)
            try await outbox.lower(lastSettledID: mark, on: pool)
            return .repaired("the mark is now \(mark)")
        case .groupMissing:
            guard let follower = ServiceName(rawValue: finding.subject) else { return .resolved }
            let mark = StreamID(outbox: UInt64(max(try await outbox.lastSettledID(on: pool), 0)))
            try await stream.createGroup(of: follower, at: mark)
            return .repaired("it has a group that continues after the low-water mark \(mark)")
        case .groupAhead:
            guard let follower = ServiceName(rawValue: finding.subject) else { return .resolved }
            let mark = StreamID(outbox: UInt64(max(try await outbox.lastSettledID(on: pool), 0)))
            try await stream.setPosition(of: follower, to: mark)
            return .repaired("its group continues after the low-water mark \(mark)")
        default: return .manual("")
        }
    }

    /// Returns a mark before every entry that some group has not settled. Trimmed entries were read by all groups.
    private func safeMark(on pool: PostgresPool) async throws -> Int64 {
        let settled = Int64(clamping: try await stream.lowWaterMark(groups: followers).settled.outboxID)
        let first = try await stream.entries(after: .zero, limit: 1).first.map { Int64(clamping: $0.id.outboxID) }
        let last = try await outbox.lastID(on: pool)
        return min(max(settled, (first ?? last + 1) - 1), last)
    }

    /// Forgets the lost numbers once the stream has no entry with such a number. The checks of copies find and repair
    /// the copies of facts that the database has lost.
    private func settleLostCommits(on pool: PostgresPool) async throws -> RepairResult {
        guard let lost = try await outbox.lostNumbers(on: pool) else { return .resolved }
        let first = try await stream.entries(after: .zero, limit: 1).first.map { Int64(clamping: $0.id.outboxID) }
        guard (first ?? .max) > lost.through else {
            return .manual(
                "the stream still has events of lost commits: run the doctor again when its followers have read them")
        }
        try await outbox.forgetLostNumbers(on: pool)
        return .repaired("no follower can read the lost events any more")
    }

    /// Rebuilds the stream from a restored database, which is older than Redis but has the facts.
    ///
    /// The outbox continues with ids above all ids that the stream ever had, so that no id is used for two events. Then
    /// the stream is deleted, and the relay publishes the rows after the low-water mark. The checks of copies find
    /// facts that the database has lost and followers still have.
    private func rebuild(on pool: PostgresPool) async throws -> RepairResult {
        if let advice = try await adviceToStopWorkers() { return .manual(advice) }
        let end = try await stream.last().id
        try await outbox.advanceSequence(beyond: Int64(clamping: end.outboxID), on: pool)
        _ = try await outbox.maintain(on: pool)
        guard try await stream.reset(ifEndingWith: end) else {
            return .manual("the stream has grown: run the doctor again")
        }
        let last = try await outbox.lastID(on: pool)
        return .repaired(
            "the stream is rebuilt from the outbox's rows up to \(last); new rows have ids above \(end.outboxID)")
    }

    /// Returns advice if a service that reads the stream or writes to its outbox may be handling lost events.
    private func adviceToStopWorkers() async throws -> String? {
        let pauses = Pauses(redis: context.redis, keys: context.keys)
        let workers = try await WorkerPresence(redis: context.redis, keys: context.keys).workers()
        var busy: [String] = []
        for service in [service] + followers {
            guard let workers = workers[service] else { continue }
            guard let pause = try await pauses.current(service) else {
                busy.append(service.rawValue)
                continue
            }
            let isRecent = Timestamp.now().milliseconds - pause.sinceMilliseconds < 2000
            let hasEntries = try await stream.busyConsumers(of: service).contains { workers.contains($0) }
            if isRecent || hasEntries { busy.append("\(service) (paused, but still finishing)") }
        }
        guard !busy.isEmpty else { return nil }
        return """
            first stop or pause all services that write or read it (`gittix pause all`). Running: \
            \(busy.joined(separator: ", ")). A killed worker counts for 15 s
            """
    }
}
