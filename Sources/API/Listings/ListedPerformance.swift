import Marketplace
import Services

/// The catalogue's entry for the performance that a new listing names.
struct ListedPerformance: Sendable {
    let state: PerformanceState

    /// Reads the performance, or the one that it was merged into.
    ///
    /// - Throws: ``Problem`` 400 if there is no such performance, or the requester must not see it.
    init(_ id: PerformanceID, in catalogue: CatalogueReads, for requester: Requester) async throws {
        guard var state = try await catalogue.performance(id) else { throw Self.unknown }
        if let winner = state.mergedInto, let other = try await catalogue.performance(winner) { state = other }
        if state.status == .proposed || state.status == .rejected, state.proposedBy != requester.id {
            throw Self.unknown
        }
        self.state = state
    }

    /// Reads several performances with few queries. Those that do not exist, or that the requester must not see, are
    /// left out.
    static func read(
        _ ids: Set<PerformanceID>, in catalogue: CatalogueReads, for requester: Requester
    ) async throws -> [PerformanceID: ListedPerformance] {
        try await withThrowingTaskGroup(of: (PerformanceID, ListedPerformance?).self) { group in
            for id in ids {
                group.addTask {
                    do {
                        return (id, try await ListedPerformance(id, in: catalogue, for: requester))
                    } catch is Problem {
                        return (id, nil)
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private static let unknown = Problem.invalid("must be the id of a performance", field: "performanceId")

    /// Compares the facts of the show in a request with the performance.
    ///
    /// - Throws: ``Problem`` 400 with each member that differs.
    func check(title: String?, _ details: ShowDetails) throws(Problem) {
        let own = shown
        let members = [
            ("title", title.map { $0 == state.title }), ("venue", details.venue.map { $0 == own.venue }),
            ("city", details.city.map { $0 == own.city }), ("startsAt", details.startsAt.map { $0 == own.startsAt }),
            ("timeZone", details.timeZone.map { $0 == own.timeZone }),
        ]
        let faults = members.filter { $0.1 == false }.map { name, _ in
            Problem.Fault(message: "must equal the performance's value, or be left out", field: name)
        }
        guard faults.isEmpty else { throw .invalid(faults) }
    }

    /// Adds the performance and its facts to the command. Workers of the previous build read only the facts.
    func complete(_ command: inout CreateListing) {
        command.title = state.title
        command.performanceId = state.id
        command.performanceVersion = state.version
        command.details.venue = shown.venue
        command.details.city = shown.city
        command.details.startsAt = shown.startsAt
        command.details.timeZone = shown.timeZone
    }

    private var shown: ShowDetails {
        ShowDetails(
            venue: state.venue.name, city: state.venue.city, startsAt: state.times.startsAt,
            timeZone: state.venue.timeZone)
    }
}
