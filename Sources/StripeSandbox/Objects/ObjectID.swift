/// Ids in Stripe's formats.
enum ObjectID {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    static func session() -> String { "cs_test_a1" + random(56) }
    static func paymentIntent() -> String { "pi_3" + random(23) }
    static func charge() -> String { "ch_3" + random(23) }
    static func paymentMethod() -> String { "pm_1" + random(23) }
    static func refund() -> String { "re_3" + random(23) }
    static func event() -> String { "evt_1" + random(23) }
    static func request() -> String { "req_" + random(14) }
    static func secret() -> String { random(25) }

    private static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "0" })
    }
}
