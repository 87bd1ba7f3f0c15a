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
    static let lost = CardError(
        code: "card_declined", declineCode: "lost_card", message: "Your card was declined.")
    static let stolen = CardError(
        code: "card_declined", declineCode: "stolen_card", message: "Your card was declined.")
    static let expired = CardError(
        code: "expired_card", message: "Your card has expired.")
    static let incorrectCode = CardError(
        code: "incorrect_cvc", message: "Your card's security code is incorrect.")
    static let processing = CardError(
        code: "processing_error",
        message: "An error occurred while processing your card. Try again in a little bit.")
    static let tooOften = CardError(
        code: "card_declined", declineCode: "card_velocity_exceeded",
        message: "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.")
    /// The card requires authentication, but the buyer is not present.
    static let authenticationRequired = CardError(
        code: "authentication_required", declineCode: "authentication_required",
        message: "Your card was declined. This transaction requires authentication.")
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
