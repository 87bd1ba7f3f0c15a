struct RefundRecord: Sendable {
    let id: String
    let created: Int64
    let amount: Int64
    let currency: String
    let chargeID: String
    let intentID: String
    let reason: String?
    let metadata: [String: String]
}
