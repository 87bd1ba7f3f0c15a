import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams

/// A service's copies of another's things.
///
/// A copy that is behind is damaged only if no event that is still to come would bring it up to date: what the follower
/// has settled is known by position, and it is read before the copies are.
struct CopyExamination<State: Sendable, Copy: Sendable>: Examination {
    let facts: Facts<State>
    let copies: Copies<Copy>
    let surgery: Surgery
    let isCopy: @Sendable (Copy, State) -> Bool
    /// Whether nothing more comes of a copy whose owner has forgotten the thing.
    let isOver: @Sendable (Copy) -> Bool
    /// Has the follower decide that it is over.
    let end: @Sendable (Copy, Timestamp) async throws -> Void

    private static var page: Int { 2000 }
    private var outbox: Outbox { Outbox(service: facts.service) }

    func look() async throws -> [Finding] {
        let (owners, followers) = (try surgery.pool(of: facts.service), try surgery.pool(of: copies.follower))
        let position = try await settled()
        var findings: [Finding] = []
        var id: UUID?
        repeat {
            let states = try await facts.page(after: id, limit: Self.page, on: owners)
            id = states.last.map(facts.id)
            let found = try await copies.find(states.map(facts.id), on: followers)
            let suspects = states.filter { state in found[facts.id(state)].map { !isCopy($0, state) } ?? true }
            findings += try await judge(suspects, found, settled: position)
        } while id != nil && findings.count < Self.limit
        return Array((findings + (try await forgotten())).prefix(Self.limit))
    }

    /// Up to which row the follower has settled all: what comes later is on its way.
    private func settled() async throws -> Int64 {
        let stream = surgery.stream(of: facts.service)
        let mark = Int64(clamping: try await stream.lowWater(groups: [copies.follower]).settled.outboxID)
        return max(mark, try await outbox.lowWater(on: surgery.pool(of: facts.service)))
    }

    private func judge(_ suspects: [State], _ found: [UUID: Copy], settled: Int64) async throws -> [Finding] {
        guard !suspects.isEmpty else { return [] }
        let owners = try surgery.pool(of: facts.service)
        let ids = suspects.map(facts.id)
        let told = try await outbox.told(of: ids.map(Self.text), after: settled, on: owners)
        // A copy that was read after its owner may be ahead of what was read, not of what is.
        let now = try await facts.find(ids, on: owners)
        return suspects.compactMap { state in
            let id = facts.id(state)
            guard let what = what(found[id], now[id] ?? state, seen: state, told: told[Self.text(id)]) else {
                return nil
            }
            return Finding(
                kind: .copy, service: copies.follower, subject: "\(facts.service) \(Self.text(id))", what: what)
        }
    }

    /// - Parameters:
    ///   - state: the owner's, read after the copy; `seen` before.
    ///   - told: up to which version it is told in events that the follower has not settled.
    private func what(_ copy: Copy?, _ state: State, seen: State, told: Int64?) -> String? {
        guard let copy else {
            return told == nil ? "has no copy, its owner has version \(facts.version(seen))" : nil
        }
        let version = copies.version(copy)
        if version < facts.version(seen) {
            return (told ?? 0) > version
                ? nil : "the copy has version \(version), its owner \(facts.version(seen))"
        }
        if version > facts.version(state) {
            return "the copy has version \(version), its owner only \(facts.version(state))"
        }
        if version == facts.version(seen) { return "the copy has another version \(version) than its owner" }
        return nil
    }

    /// Copies of what the owner does not know. It knew of each before it told of it, so the copies are read first.
    private func forgotten() async throws -> [Finding] {
        let (owners, followers) = (try surgery.pool(of: facts.service), try surgery.pool(of: copies.follower))
        var findings: [Finding] = []
        var id: UUID?
        repeat {
            let page = try await copies.page(after: id, limit: Self.page, on: followers)
            id = page.last.map(copies.id)
            let known = try await facts.find(page.map(copies.id), on: owners)
            findings += page.filter { known[copies.id($0)] == nil && !isOver($0) }.map { copy in
                Finding(
                    kind: .copy, service: copies.follower, subject: "\(facts.service) \(Self.text(copies.id(copy)))",
                    what: "the copy has version \(copies.version(copy)), its owner knows of nothing")
            }
        } while id != nil && findings.count < Self.limit
        return findings
    }

    private static func text(_ id: UUID) -> String { CommandID(id).description }
}

extension CopyExamination {
    func mend(_ finding: Finding) async throws -> Treatment {
        guard let id = finding.subject.split(separator: " ").last.flatMap({ CommandID($0) })?.uuid else {
            return .healed
        }
        let (owners, followers) = (try surgery.pool(of: facts.service), try surgery.pool(of: copies.follower))
        let now = try await surgery.now(of: facts.service)
        if let copy = try await copies.find([id], on: followers)[id],
            try await facts.find([id], on: owners)[id] == nil
        {
            guard !isOver(copy) else { return .healed }
            try await end(copy, now)
            return .mended("it is over, and what it held is free: its owner has forgotten it")
        }
        let (copies, isCopy, facts) = (copies, isCopy, facts)
        let told = try await facts.announce(id, now: now, on: owners) { state in
            guard let copy = try await copies.find([id], on: followers)[id] else { return 0 }
            if isCopy(copy, state) { return nil }
            return copies.version(copy)
        }
        return told.map { .mended("\(facts.service) tells of it again, as version \($0)") } ?? .healed
    }
}
