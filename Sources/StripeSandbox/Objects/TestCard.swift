/// A card for tests: its number for the payment page, and its PaymentMethods for API calls.
///
/// https://docs.stripe.com/testing
struct TestCard: Sendable {
    let number: String
    /// The ids that stand for the card in API calls, such as `pm_card_visa`.
    let paymentMethods: [String]
    let behaviour: Card.Behaviour
    /// The result, as the end of a sentence that begins with "The card".
    let result: String

    init(_ number: String, _ paymentMethods: [String], _ behaviour: Card.Behaviour, _ result: String = "succeeds") {
        self.number = number
        self.paymentMethods = paymentMethods
        self.behaviour = behaviour
        self.result = result
    }

    /// The number in groups, as on a printed card.
    var groupedNumber: String {
        let sizes = number.count == 15 ? [4, 6, 5] : [4, 4, 4, 4]
        var rest = number[...]
        return sizes.map { size in
            defer { rest = rest.dropFirst(size) }
            return String(rest.prefix(size))
        }.joined(separator: " ")
    }

    static let byNumber: [String: TestCard] = Dictionary(uniqueKeysWithValues: all.map { ($0.number, $0) })

    static let byPaymentMethod: [String: TestCard] = Dictionary(
        uniqueKeysWithValues: all.flatMap { card in card.paymentMethods.map { ($0, card) } })

    /// Stripe's test cards, and one card that only the sandbox has: Stripe has no card whose capture is declined.
    static let all: [TestCard] = [
        TestCard("4242424242424242", ["pm_card_visa", "pm_card_us"], .succeeds),
        TestCard("4000056655665556", ["pm_card_visa_debit"], .succeeds),
        TestCard("5555555555554444", ["pm_card_mastercard"], .succeeds),
        TestCard("2223003122003222", [], .succeeds),
        TestCard("5200828282828210", ["pm_card_mastercard_debit"], .succeeds),
        TestCard("5105105105105100", ["pm_card_mastercard_prepaid"], .succeeds),
        TestCard("378282246310005", ["pm_card_amex", "pm_card_amex_threeDSecureNotSupported"], .succeeds),
        TestCard("6011111111111117", ["pm_card_discover"], .succeeds),
        TestCard("3056930009020004", ["pm_card_diners"], .succeeds),
        TestCard("3566002020360505", ["pm_card_jcb"], .succeeds),
        TestCard("6200000000000005", ["pm_card_unionpay"], .succeeds),
        TestCard(
            "4000000000000002", ["pm_card_visa_chargeDeclined", "pm_card_chargeDeclined"], .declines(.declined),
            "is declined"),
        TestCard(
            "4000000000009995",
            ["pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedInsufficientFunds"],
            .declines(.insufficientFunds), "has insufficient funds"),
        TestCard(
            "4000000000009987", ["pm_card_visa_chargeDeclinedLostCard", "pm_card_chargeDeclinedLostCard"],
            .declines(.lost), "is lost"),
        TestCard(
            "4000000000009979", ["pm_card_visa_chargeDeclinedStolenCard", "pm_card_chargeDeclinedStolenCard"],
            .declines(.stolen), "is stolen"),
        TestCard(
            "4000000000000069", ["pm_card_chargeDeclinedExpiredCard"], .declines(.expired), "has expired"),
        TestCard(
            "4000000000000127", ["pm_card_chargeDeclinedIncorrectCvc"], .declines(.incorrectCode),
            "is declined because of a wrong security code"),
        TestCard(
            "4000000000000119", ["pm_card_chargeDeclinedProcessingError"], .declines(.processing),
            "is declined with a processing error"),
        TestCard(
            "4000000000006975", ["pm_card_visa_chargeDeclinedVelocityLimitExceeded"], .declines(.tooOften),
            "is declined because it was used too often"),
        TestCard(
            "4000002500003155", ["pm_card_authenticationRequiredOnSetup"], .requiresAuthentication(),
            "requires 3-D Secure"),
        TestCard(
            "4000002760003184", ["pm_card_authenticationRequired"], .requiresAuthentication(), "requires 3-D Secure"),
        TestCard(
            "4000000000003220", ["pm_card_threeDSecure2Required"], .requiresAuthentication(), "requires 3-D Secure"),
        TestCard(
            "4000003800000446", ["pm_card_authenticationRequiredSetupForOffSession"], .requiresAuthentication(),
            "requires 3-D Secure"),
        TestCard(
            "4000008260003178", ["pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"],
            .requiresAuthentication(thenDeclines: .insufficientFunds),
            "requires 3-D Secure, then has insufficient funds"),
        TestCard(
            "4000008400001629", ["pm_card_threeDSecureRequiredChargeDeclined"],
            .requiresAuthentication(thenDeclines: .declined), "requires 3-D Secure, then is declined"),
        TestCard("4000000000003055", ["pm_card_threeDSecureOptional"], .succeeds, "succeeds without 3-D Secure"),
        TestCard(
            "4000000000007726", ["pm_card_pendingRefund"], .settlesRefunds,
            "succeeds; its refunds are pending at first"),
        TestCard("4000000000005126", ["pm_card_refundFail"], .failsRefunds, "succeeds; its refunds fail later"),
        TestCard(
            "4000004020000000", ["pm_card_captureDeclined"], .failsAtCapture,
            "is authorised, then declined at capture"),
    ]
}
