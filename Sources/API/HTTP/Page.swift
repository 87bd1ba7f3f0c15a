import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// A part of a list that is sorted newest first: so many entries after a place.
struct Page: Sendable {
    /// Where the page before ended.
    var after: ListPlace?
    var limit: Int

    static let limits = 1...100
    static let usualLimit = 20

    init(_ query: Query, list: String, cursors: Cursor) throws(Problem) {
        limit = try Self.limit(query)
        if let text = query["cursor"] {
            guard let place = cursors.place(text, list: list) else {
                throw .invalid("must be taken from the Link header of this list", field: "cursor")
            }
            after = place
        }
    }

    static func limit(_ query: Query) throws(Problem) -> Int {
        guard let text = query["limit"] else { return usualLimit }
        guard let value = Int(text), limits.contains(value) else {
            throw .invalid("must be a whole number, 1 to \(limits.upperBound)", field: "limit")
        }
        return value
    }

    /// The `Link` header (RFC 8288) of a page that another follows.
    func link(path: String, query: [(String, String)] = [], next: ListPlace, list: String, cursors: Cursor) -> String {
        let parameters = query + [("limit", String(limit)), ("cursor", cursors.text(next, list: list))]
        return "<\(path)?\(parameters.map { "\($0)=\($1)" }.joined(separator: "&"))>; rel=\"next\""
    }
}
