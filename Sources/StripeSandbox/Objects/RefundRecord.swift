/// A refund.
///
/// ```
/// succeeded ──card whose refunds fail──▶ failed
/// pending ──────────────────────────────▶ succeeded
/// ```
struct RefundRecord: Sendable {
    enum Status: String, Sendable { case pending, succeeded, failed }

    let id: String
    let created: Int64
    let amount: Int64
    let currency: String
    let chargeID: String
    let intentID: String
    let reason: String?
    let metadata: [String: String]

    var status: Status = .succeeded
    var failureReason: String?
    /// The time at which it gets its second status, or `nil` if it gets none.
    var settlesAt: Int64?
}
