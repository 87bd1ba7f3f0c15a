/// Random ids in Stripe's formats.
enum ObjectID {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func session() -> String { "cs_test_a1" + random(56) }
    static func paymentIntent() -> String { "pi_3" + random(23) }
    static func charge() -> String { "ch_3" + random(23) }
    static func paymentMethod() -> String { "pm_1" + random(23) }
    static func refund() -> String { "re_3" + random(23) }
    static func event() -> String { "evt_1" + random(23) }
    static func request() -> String { "req_" + random(14) }
    static func secret() -> String { random(25) }

    /// Takes ten characters from each random 64-bit number: 2⁶⁴ is much larger than 62¹⁰.
    private static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        var number: UInt64 = 0
        var characters: [UInt8] = []
        characters.reserveCapacity(count)
        for index in 0..<count {
            if index.isMultiple(of: 10) { number = generator.next() }
            characters.append(alphabet[Int(number % 62)])
            number /= 62
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
