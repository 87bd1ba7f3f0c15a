import Hummingbird
import Storage

/// The part of a list, newest first, that a page shows.
struct PageList: Sendable {
    let path: String
    /// What the list is narrowed down to, as it stands in the address.
    let query: [(String, String?)]
    let list: String
    let cursors: Cursor
    /// Where the page before ended.
    let after: ListPlace?
    let limit = 20

    /// A cursor that is none (any more) leads to the beginning.
    init(_ request: Request, path: String, query: [(String, String?)] = [], list: String, keys: DerivedKeys) {
        self.path = path
        self.query = query
        self.list = list
        cursors = Cursor(keys: keys)
        after = request.uri.queryParameters["cursor"].flatMap { [cursors] in cursors.place(String($0), list: list) }
    }

    /// The address of the first page, on every other.
    var first: String? { after == nil ? nil : path + URLText.query(query) }

    /// The address of the next page.
    ///
    /// - Parameter found: one more than the page shows, where there are more.
    func more<Element>(_ found: [Element], place: (Element) -> ListPlace) -> String? {
        guard found.count > limit else { return nil }
        return path + URLText.query(query + [("cursor", cursors.text(place(found[limit - 1]), list: list))])
    }
}
