import Marketplace
import PostgresClient

/// The columns `seats` and `sales` of a listing. Both are arrays in the order of the units.
extension [Seat] {
    static let columns: SQL = "seats, sales"

    static let assignments: SQL = "seats = new.seats, sales = new.sales"

    /// The columns of several listings.
    static func arrays(_ all: [[Seat]?]) -> SQL {
        """
        unnest(\(all.map { $0.map { ArrayText.of($0.map(\.name)) } }))::text[], \
        unnest(\(all.map { $0.map { ArrayText.of($0.map(\.sale)) } }))::integer[]
        """
    }

    /// Returns nil if the listing has no seats.
    init?(row: PostgresRow) throws {
        guard let names = try row.decode("seats", as: [String]?.self),
            let sales = try row.decode("sales", as: [Int]?.self)
        else { return nil }
        self = zip(names, sales).map { Seat(name: $0, sale: $1) }
    }
}

/// PostgreSQL's text format of arrays. `unnest` flattens arrays of arrays, so each array is sent as a text.
enum ArrayText {
    static func of(_ numbers: [Int]) -> String { "{" + numbers.map(String.init).joined(separator: ",") + "}" }

    static func of(_ texts: [String]) -> String {
        let quoted = texts.map { text in
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return "{" + quoted.joined(separator: ",") + "}"
    }

    static func of<Thing>(_ ids: some Sequence<Identifier<Thing>>) -> String {
        "{" + ids.map(\.description).sorted().joined(separator: ",") + "}"
    }
}
