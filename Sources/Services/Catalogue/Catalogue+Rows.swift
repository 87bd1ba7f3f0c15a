import Marketplace
import PostgresClient
import Storage

extension CatalogueMember {
    static let columns: SQL = "id, status, role, version"

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: UserID.self), status: try row.known("status", UserState.Status.init),
            role: UserState.Role(rawValue: try row.decode("role", as: String.self)),
            version: try row.decode("version", as: Int64.self))
    }
}

extension Performer {
    static let columns: SQL = "id, name, status, merged_into, version, created_at, updated_at"

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: PerformerID.self), name: try row.decode("name", as: String.self),
            status: try row.known("status", EntryStatus.init),
            mergedInto: try row.decode("merged_into", as: PerformerID?.self),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self))
    }
}

extension Show {
    static let columns: SQL = """
        id, title, category, performer_ids, performer_names, status, merged_into, proposed_by, version, created_at, \
        updated_at
        """

    init(row: PostgresRow) throws {
        let ids = try row.decode("performer_ids", as: [PerformerID].self)
        let names = try row.decode("performer_names", as: [String].self)
        self.init(
            id: try row.decode("id", as: ShowID.self), title: try row.decode("title", as: String.self),
            category: ShowCategory(rawValue: try row.decode("category", as: String.self)),
            performers: zip(ids, names).map { Part(id: $0, name: $1) },
            status: try row.known("status", EntryStatus.init),
            mergedInto: try row.decode("merged_into", as: ShowID?.self),
            proposedBy: try row.decode("proposed_by", as: UserID?.self),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self))
    }
}

extension Venue {
    static let columns: SQL = """
        id, name, address, city, country, place, time_zone, status, merged_into, proposed_by, version, created_at, \
        updated_at
        """

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: VenueID.self), details: try VenueDetails(row: row, name: "name"),
            status: try row.known("status", EntryStatus.init),
            mergedInto: try row.decode("merged_into", as: VenueID?.self),
            proposedBy: try row.decode("proposed_by", as: UserID?.self),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self))
    }
}

extension VenueDetails {
    /// - Parameter name: The column with the venue's name.
    init(row: PostgresRow, name: String) throws {
        self.init(
            name: try row.decode(name, as: String.self), address: try row.decode("address", as: String?.self),
            city: try row.decode("city", as: String.self), country: try row.decode("country", as: String.self),
            place: try row.decode("place", as: String?.self), timeZone: try row.decode("time_zone", as: String.self))
    }
}

extension Performance {
    static let columns: SQL = """
        id, event_id, event_version, title, category, performers, venue_id, venue_version, venue, address, city, \
        country, place, time_zone, starts_at, doors_at, ends_at, status, merged_into, proposed_by, version, \
        created_at, updated_at
        """

    init(row: PostgresRow) throws {
        let state = PerformanceState(
            id: try row.decode("id", as: PerformanceID.self), eventId: try row.decode("event_id", as: ShowID.self),
            title: try row.decode("title", as: String.self),
            category: ShowCategory(rawValue: try row.decode("category", as: String.self)),
            performers: try row.decode("performers", as: [String].self),
            venueId: try row.decode("venue_id", as: VenueID.self), venue: try VenueDetails(row: row, name: "venue"),
            times: PerformanceTimes(
                startsAt: try row.decode("starts_at", as: Timestamp.self),
                doorsAt: try row.decode("doors_at", as: Timestamp?.self),
                endsAt: try row.decode("ends_at", as: Timestamp?.self)),
            status: try row.known("status", PerformanceState.Status.init),
            mergedInto: try row.decode("merged_into", as: PerformanceID?.self),
            proposedBy: try row.decode("proposed_by", as: UserID?.self),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self))
        self.init(
            state: state, showVersion: try row.decode("event_version", as: Int64.self),
            venueVersion: try row.decode("venue_version", as: Int64.self))
    }
}
