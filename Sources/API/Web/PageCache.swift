import Hummingbird

/// Rendered pages, each reused while the data that it was rendered from is unchanged.
///
/// `Source` must hold everything that the page depends on besides its ``PageCacheKey``.
typealias PageCache<Source: Equatable & Sendable> = MemoCache<PageCacheKey, Source, RenderedPage>

/// Identifies a page that is the same for every visitor who is not signed in and has the same region and time zone.
struct PageCacheKey: Hashable, Sendable {
    let address: String
    let visitor: Visitor

    /// `nil` if the page must not be cached: the visitor is signed in, or the address is so long that it is unlikely to
    /// be requested often.
    init?(_ request: Request, _ visitor: Visitor, _ context: APIContext) {
        address = request.uri.string
        guard !context.isSignedIn, address.utf8.count <= 128 else { return nil }
        self.visitor = visitor
    }
}
