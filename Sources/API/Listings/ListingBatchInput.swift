import Marketplace

/// The body of `PATCH /api/tickets`: changes of several listings of the requester.
struct ListingBatchInput: Sendable {
    struct Change: Sendable {
        let id: ListingID
        let price: Int64?
        let withdrawn: Bool?
        /// The only version that may be changed, or `nil` for any.
        let version: Int64?
    }

    let changes: [Change]

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        var (changes, ids): ([Change], Set<ListingID>) = ([], [])
        for var object in fields.objects("changes", 1...ListingBatch.limit) {
            let id = object.id("id", of: Kind.Listing.self)
            let price = object.price("price", required: false)
            let withdrawn = object.bool("withdrawn", required: false)
            let version = object.integer("version", 1...Int64.max, required: false)
            if !object.has("price"), !object.has("withdrawn") { object.fail("price", "is required without withdrawn") }
            if let id, !ids.insert(id).inserted { object.fail("id", "occurs twice") }
            if object.finish(), let id {
                changes.append(Change(id: id, price: price, withdrawn: withdrawn, version: version))
            }
            fields.addErrors(of: object)
        }
        guard fields.finish() else { throw fields.problem }
        self.changes = changes
    }
}
