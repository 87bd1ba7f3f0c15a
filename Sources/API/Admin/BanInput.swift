import Marketplace

/// The body of `POST /api/admin/users/:id/ban`.
struct BanInput: Sendable {
    let reason: String

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let reason = fields.text("reason", BanUser.reasonLength)
        guard fields.finish(), let reason else { throw fields.problem }
        self.reason = reason
    }
}
