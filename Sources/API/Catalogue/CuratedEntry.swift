import Foundation
import Marketplace
import Services

/// An entry of the catalogue, with the facts that the admins' pages show.
struct CuratedEntry: Sendable {
    let kind: MergeEntries.Kind
    let id: String
    let name: String
    /// Facts that distinguish the entry from others with the same name.
    let details: String
    let isMerged: Bool

    var path: String { Self.path(kind, id) }

    static func path(_ kind: MergeEntries.Kind, _ id: String) -> String {
        "/admin/catalogue/\(kind.rawValue)s/\(id)"
    }

    /// The last id in a text, such as the address of a page.
    static func id(in text: String) -> String? {
        text.matches(of: /[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}/).last.map {
            String($0.output).lowercased()
        }
    }
}

extension CatalogueReads {
    func entry(_ kind: MergeEntries.Kind, _ id: CatalogueID, _ visitor: Visitor) async throws -> CuratedEntry? {
        switch kind {
        case .event: try await show(ShowID(id.uuid)).map(CuratedEntry.init)
        case .venue: try await venue(VenueID(id.uuid)).map(CuratedEntry.init)
        case .performer: try await performer(PerformerID(id.uuid)).map(CuratedEntry.init)
        case .performance: try await performance(PerformanceID(id.uuid)).map { CuratedEntry($0, visitor) }
        }
    }
}

extension CuratedEntry {
    init(_ show: Show) {
        let performers = show.performers.map(\.name).joined(separator: ", ")
        self.init(
            kind: .event, id: show.id.description, name: show.title,
            details: [CategoryView.of(show.category).name, performers].filter { !$0.isEmpty }.joined(separator: ": "),
            isMerged: show.mergedInto != nil)
    }

    init(_ venue: Venue) {
        self.init(
            kind: .venue, id: venue.id.description, name: venue.details.name,
            details: [venue.details.address, venue.details.city, PerformanceView.country(venue.details)]
                .compactMap(\.self).joined(separator: ", "), isMerged: venue.mergedInto != nil)
    }

    init(_ performer: Performer) {
        self.init(
            kind: .performer, id: performer.id.description, name: performer.name, details: "Performer",
            isMerged: performer.mergedInto != nil)
    }

    init(_ performance: PerformanceState, _ visitor: Visitor) {
        let time = visitor.venueTimeText(performance.times.startsAt, in: performance.venue.timeZone)
        self.init(
            kind: .performance, id: performance.id.description, name: performance.title,
            details: "\(time), \(performance.venue.name), \(performance.venue.city)",
            isMerged: performance.mergedInto != nil)
    }
}
