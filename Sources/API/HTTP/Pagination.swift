import HTTPTypes
import Hummingbird
import Marketplace
import Storage

/// The part of a list that a request asks for: `limit` entries after a cursor.
struct Pagination<Cursor: EncodableCursor>: Sendable {
    /// The last entry of the previous page; `nil` for the first page.
    let after: Cursor?
    let limit: Int
    private let list: String
    private let codec: CursorCodec

    /// - Parameter list: identifies the list and its filters. A cursor of another list is refused.
    init(_ query: Query, list: String, codec: CursorCodec) throws(Problem) {
        self.list = list
        self.codec = codec
        limit = try Self.limit(query)
        if let text = query["cursor"], !text.isEmpty {
            guard let cursor = codec.decode(text, list: list, as: Cursor.self) else {
                throw .invalid("must be taken from the Link header of this list", field: "cursor")
            }
            after = cursor
        } else {
            after = nil
        }
    }

    private static func limit(_ query: Query) throws(Problem) -> Int {
        guard let text = query["limit"], !text.isEmpty else { return RequestLimits.defaultPageSize }
        guard let value = Int(text), RequestLimits.pageSizes.contains(value) else {
            throw .invalid("must be a whole number, 1 to \(RequestLimits.pageSizes.upperBound)", field: "limit")
        }
        return value
    }

    /// The `Link` header (RFC 8288) with the URL of the next page. The header names only that page, because some
    /// clients take the first URL without looking at `rel`. On the last page, they must find no URL.
    func link(path: String, query: [(String, String?)] = [], next: Cursor?) -> String? {
        guard let next else { return nil }
        let parameters = query + [("limit", String(limit)), ("cursor", codec.encode(next, list: list))]
        return "<\(path)\(URLEncoding.query(parameters))>; rel=\"next\""
    }
}

extension Pagination where Cursor == ListCursor {
    /// The response with one page of a list, newest first.
    ///
    /// - Parameters:
    ///   - found: the entries after the cursor, at most `limit + 1`: the additional entry shows that there is a next
    ///      page.
    ///   - query: the parameters that the URL of the next page repeats.
    func response<Element, Representation: Encodable>(
        _ found: [Element], to request: Request, path: String, query: [(String, String?)] = [],
        cursor: (Element) -> ListCursor,
        representation: (Element) -> Representation
    ) -> Response {
        let page = found.prefix(limit)
        var headers: HTTPFields = [:]
        headers[.link] = link(path: path, query: query, next: found.count > limit ? page.last.map(cursor) : nil)
        return .json(CompressibleBody(ResponseJSON.encode(page.map(representation))), to: request, headers: headers)
    }
}
