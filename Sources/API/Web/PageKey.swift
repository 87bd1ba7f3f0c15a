import Hummingbird

/// For whom a page is made alike: who is not signed in, asks for the same address, and reads numbers and times the same.
struct PageKey: Hashable, Sendable {
    let address: String
    let visitor: Visitor

    /// Nil for a page of someone's own, and for an address that hardly anyone else asks for.
    init?(_ request: Request, _ visitor: Visitor, _ context: APIContext) {
        address = request.uri.string
        guard !context.isSomebody, address.utf8.count <= 128 else { return nil }
        self.visitor = visitor
    }
}
