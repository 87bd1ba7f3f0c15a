import Marketplace

/// The body of `POST /api/admin/users/:id/ban`.
struct BanInput: Sendable {
    let reason: String
    /// True to freeze the paid orders of the user's listings whose shows have not started.
    let freezesOrders: Bool?

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let reason = fields.text("reason", BanUser.reasonLength)
        freezesOrders = fields.bool("freezeOrders", required: false)
        guard fields.finish(), let reason else { throw fields.problem }
        self.reason = reason
    }
}
