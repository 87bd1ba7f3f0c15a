/// The parameters that all lists have: https://docs.stripe.com/api/pagination
struct ListQuery: Sendable {
    var limit = 10
    var startingAfter: String?
    var endingBefore: String?
    var created: ClosedRange<Int64> = 0...Int64.max

    init(_ parameters: Parameters) throws(StripeFailure) {
        if let limit = try parameters.integer("limit") {
            guard (1...100).contains(limit) else {
                throw .invalid("This value must be between 1 and 100 (it currently is '\(limit)').", parameter: "limit")
            }
            self.limit = Int(limit)
        }
        startingAfter = try parameters.string("starting_after")
        endingBefore = try parameters.string("ending_before")
        switch parameters.tree["created"] {
        case nil: break
        case .value:
            let moment = try parameters.integer("created") ?? 0
            created = moment...moment
        case .branch:
            guard let bounds = try parameters.nested("created") else { break }
            try bounds.allowOnly(["gt", "gte", "lt", "lte"])
            let low = max(try bounds.integer("gte") ?? 0, try bounds.integer("gt").map { $0 &+ 1 } ?? 0)
            let high = min(try bounds.integer("lte") ?? .max, try bounds.integer("lt").map { $0 &- 1 } ?? .max)
            guard low <= high else { throw .invalid("Invalid timestamp range", parameter: "created") }
            created = low...high
        }
    }
}
