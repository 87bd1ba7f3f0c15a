/// A Charge: one attempt to pay by card.
struct Charge: Sendable {
    enum Status: String, Sendable { case succeeded, failed }

    let id: String
    let created: Int64
    let amount: Int64
    let currency: String
    let intentID: String
    let metadata: [String: String]
    let description: String?
    let card: Card
    let paymentMethodID: String
    let holderName: String?

    var status: Status
    var captured = false
    var amountCaptured: Int64 = 0
    /// As at Stripe, it includes the amount of a cancelled authorisation.
    var amountRefunded: Int64 = 0
    var failure: CardError?
    /// The time when the authorisation expires.
    var captureBefore: Int64?
    var refundIDs: [String] = []
}
