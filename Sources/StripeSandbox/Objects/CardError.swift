/// A decline by the bank. https://docs.stripe.com/declines/codes
struct CardError: Sendable, Equatable {
    var code: String
    var declineCode: String?
    /// The message for the buyer.
    var message: String

    static let declined = CardError(
        code: "card_declined", declineCode: "generic_decline", message: "Your card was declined.")
    static let insufficientFunds = CardError(
        code: "card_declined", declineCode: "insufficient_funds", message: "Your card has insufficient funds.")
    static let authentication = CardError(
        code: "payment_intent_authentication_failure",
        message: "We are unable to authenticate your payment method. Please choose a different payment method and try "
            + "again.")

    func json(chargeID: String?) -> JSON {
        var error: [String: JSON] = [
            "type": "card_error", "code": .string(code), "message": .string(message),
            "doc_url": .string("https://stripe.com/docs/error-codes/\(code.replacing("_", with: "-"))"),
        ]
        if let declineCode { error["decline_code"] = .string(declineCode) }
        if let chargeID { error["charge"] = .string(chargeID) }
        return .sorted(error)
    }
}
