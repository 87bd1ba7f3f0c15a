import Marketplace

/// The body of `POST /api/admin/tickets/:id/take-down`.
struct TakeDownInput: Sendable {
    let reason: TakeDown.Reason
    let note: String?

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let name = fields.text("reason", 1...40)
        let reason = name.map(TakeDown.Reason.init(rawValue:))
        if let reason, !TakeDown.Reason.known.contains(reason) {
            let names = TakeDown.Reason.known.map(\.rawValue).joined(separator: ", ")
            fields.fail("reason", "must be one of \(names)")
        }
        let note = fields.paragraphs("note", 0...TakeDown.noteLimit)
        guard fields.finish(), let reason else { throw fields.problem }
        self.reason = reason
        self.note = note.flatMap { $0.isEmpty ? nil : $0 }
    }
}
