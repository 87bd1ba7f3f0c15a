import Marketplace
import PostgresClient

/// The columns of a show's details, which are the same in every table that has them.
extension ShowDetails {
    static let columns: SQL = "venue, city, starts_at, time_zone, section, seat_row, note"

    /// The values as one array for each column, for a select list.
    static func arrays(_ details: [ShowDetails]) -> SQL {
        """
        unnest(\(details.map(\.venue))), unnest(\(details.map(\.city))), unnest(\(details.map(\.startsAt))), \
        unnest(\(details.map(\.timeZone))), unnest(\(details.map(\.section))), unnest(\(details.map(\.row))), \
        unnest(\(details.map(\.note)))
        """
    }

    /// The assignments of an UPDATE from a table named `new`.
    static let assignments: SQL = """
        venue = new.venue, city = new.city, starts_at = new.starts_at, time_zone = new.time_zone,
        section = new.section, seat_row = new.seat_row, note = new.note
        """

    init(row: PostgresRow) throws {
        self.init(
            venue: try row.decode("venue", as: String?.self), city: try row.decode("city", as: String?.self),
            startsAt: try row.decode("starts_at", as: Timestamp?.self),
            timeZone: try row.decode("time_zone", as: String?.self),
            section: try row.decode("section", as: String?.self), row: try row.decode("seat_row", as: String?.self),
            note: try row.decode("note", as: String?.self))
    }
}
