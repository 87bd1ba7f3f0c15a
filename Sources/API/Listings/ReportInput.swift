import Marketplace

/// The body of `POST /api/tickets/:id/reports`.
struct ReportInput: Sendable {
    let reason: ListingReport.Reason
    let text: String?

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let name = fields.text("reason", 1...40)
        let reason = name.flatMap(ListingReport.Reason.init(rawValue:))
        if name != nil, reason == nil {
            let names = ListingReport.Reason.allCases.map(\.rawValue).joined(separator: ", ")
            fields.fail("reason", "must be one of \(names)")
        }
        let text = fields.paragraphs("text", 0...ListingReport.textLimit)
        guard fields.finish(), let reason else { throw fields.problem }
        self.reason = reason
        self.text = text.flatMap { $0.isEmpty ? nil : $0 }
    }
}
