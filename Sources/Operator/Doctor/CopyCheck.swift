import FoundationEssentials
import Marketplace
import PostgresClient
import Services
import Storage
import Streams

/// Compares a service's copies with their source, the facts of another service.
///
/// A copy that is behind is damaged only if no pending event will update it. Events after the position up to which the
/// follower has settled everything are pending. That position is read before the copies, so that an event that is
/// settled in between still counts as pending.
struct CopyCheck<Declaration: CopyDeclaration>: Check {
    let declaration: Declaration
    let context: OperatorContext

    private typealias State = Declaration.State
    private typealias Copy = Declaration.Copy

    private var facts: ServiceFacts<Declaration.State> { declaration.facts }
    private var copies: CopyTable<Declaration.Copy> { declaration.copies }
    private var outbox: Outbox { Outbox(service: facts.service) }
    private static var pageSize: Int { 2000 }

    func scan() async throws -> [Finding] {
        let (owner, follower) = (try context.pool(of: facts.service), try context.pool(of: copies.follower))
        let settled = try await settledRow()
        var findings: [Finding] = []
        var last: UUID?
        repeat {
            let states = try await facts.page(after: last, limit: Self.pageSize, on: owner)
            last = states.last?.factID
            let copies = try await copies.find(states.map(\.factID), on: follower)
            let suspects = states.filter { state in
                copies[state.factID].map { !declaration.isCopy($0, of: state) } ?? true
            }
            findings += try await examine(suspects, copies, settled: settled)
        } while last != nil && findings.count < Self.limit
        return Array((findings + (try await orphanedCopies())).prefix(Self.limit))
    }

    /// Returns the outbox row up to which the follower has settled all events.
    private func settledRow() async throws -> Int64 {
        let stream = context.stream(of: facts.service)
        let mark = Int64(clamping: try await stream.lowWaterMark(groups: [copies.follower]).settled.outboxID)
        return max(mark, try await outbox.lastSettledID(on: context.pool(of: facts.service)))
    }

    private func examine(_ suspects: [State], _ copies: [UUID: Copy], settled: Int64) async throws -> [Finding] {
        guard !suspects.isEmpty else { return [] }
        let owner = try context.pool(of: facts.service)
        let ids = suspects.map(\.factID)
        let pending = try await outbox.latestVersions(of: ids.map(Self.text), after: settled, on: owner)
        // A copy is read after the scan of its source, so it may be ahead of the scanned state, but not of the current
        // state.
        let current = try await facts.find(ids, on: owner)
        return suspects.compactMap { state in
            let id = state.factID
            let problem = damage(
                of: copies[id], scanned: state, current: current[id] ?? state, pending: pending[Self.text(id)])
            return problem.map { finding(id, $0) }
        }
    }

    /// Describes the damage of a copy, or returns `nil` if there is none.
    ///
    /// - Parameters:
    ///   - scanned: The source, read before the copy.
    ///   - current: The source, read after the copy.
    ///   - pending: The latest version in the events that the follower has not settled.
    private func damage(of copy: Copy?, scanned: State, current: State, pending: Int64?) -> String? {
        guard let copy else {
            return pending == nil ? "has no copy, and its source has version \(scanned.version)" : nil
        }
        let version = copy.version
        if version < scanned.version {
            return (pending ?? 0) > version
                ? nil : "has a copy with version \(version), and its source has version \(scanned.version)"
        }
        if version > current.version {
            return "has a copy with version \(version), and its source has only version \(current.version)"
        }
        if version == scanned.version {
            return "has a copy that differs from its source in the same version \(version)"
        }
        return nil
    }

    /// Finds copies whose source does not exist. A source exists before its first event, so the copies are read first.
    private func orphanedCopies() async throws -> [Finding] {
        let (owner, follower) = (try context.pool(of: facts.service), try context.pool(of: copies.follower))
        var findings: [Finding] = []
        var last: UUID?
        repeat {
            let page = try await copies.page(after: last, limit: Self.pageSize, on: follower)
            last = page.last?.factID
            let sources = try await facts.find(page.map(\.factID), on: owner)
            findings += page.filter { sources[$0.factID] == nil && !declaration.isClosed($0) }.map { copy in
                finding(copy.factID, "has a copy with version \(copy.version), and its source does not exist")
            }
        } while last != nil && findings.count < Self.limit
        return findings
    }

    private func finding(_ id: UUID, _ problem: String) -> Finding {
        Finding(
            kind: .copy, service: copies.follower, subject: "\(facts.service) \(Self.text(id))", problem: problem)
    }

    private static func text(_ id: UUID) -> String { CommandID(id).description }
}

extension CopyCheck {
    func repair(_ finding: Finding) async throws -> RepairResult {
        guard let id = finding.subject.split(separator: " ").last.flatMap({ CommandID($0) })?.uuid else {
            return .resolved
        }
        let (owner, follower) = (try context.pool(of: facts.service), try context.pool(of: copies.follower))
        let now = try await context.now(of: facts.service)
        if let copy = try await copies.find([id], on: follower)[id],
            try await facts.find([id], on: owner)[id] == nil
        {
            guard !declaration.isClosed(copy) else { return .resolved }
            try await declaration.close(copy, at: now, by: context.decider(of: copies.follower))
            return .repaired("\(copies.follower) has closed the copy, because its source does not exist")
        }
        let (copies, declaration) = (copies, declaration)
        let announced = try await facts.announce(id, now: now, on: owner) { state in
            guard let copy = try await copies.find([id], on: follower)[id] else { return 0 }
            if declaration.isCopy(copy, of: state) { return nil }
            return copy.version
        }
        return announced.map { .repaired("\(facts.service) has published it again, as version \($0)") } ?? .resolved
    }
}
