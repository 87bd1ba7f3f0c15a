import Hummingbird
import Storage

/// One page of a list, newest first.
struct ListPage: Sendable {
    let path: String
    /// The filters in the query of the URL.
    let query: [(String, String?)]
    /// The name of the list that the cursors belong to.
    let list: String
    let codec: CursorCodec
    /// The last entry of the previous page.
    let after: ListCursor?
    static let limit = 20
    var limit: Int { Self.limit }

    /// Starts at the first page if the cursor is invalid or belongs to a different list.
    init(_ request: Request, path: String, query: [(String, String?)] = [], list: String, keys: DerivedKeys) {
        self.path = path
        self.query = query
        self.list = list
        codec = CursorCodec(keys: keys)
        after = request.uri.queryParameters["cursor"].flatMap { [codec] in codec.decode(String($0), list: list) }
    }

    /// Path of the first page, or `nil` on the first page.
    var first: String? { after == nil ? nil : path + URLEncoding.query(query) }

    /// Path of the next page, or `nil` if this is the last one.
    ///
    /// - Parameter found: up to `limit + 1` entries; the extra one shows that a next page exists.
    func more<Element>(_ found: [Element], cursor: (Element) -> ListCursor) -> String? {
        guard found.count > limit else { return nil }
        return path + URLEncoding.query(query + [("cursor", codec.encode(cursor(found[limit - 1]), list: list))])
    }
}
