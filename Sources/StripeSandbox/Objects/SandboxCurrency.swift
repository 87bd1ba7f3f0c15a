/// The currencies that the sandbox supports, with Stripe's minimum charge in each.
///
/// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
enum SandboxCurrency {
    static let maximum: Int64 = 99_999_999

    private static let minimums: [String: Int64] = [
        "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1_500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400,
        "inr": 50, "jpy": 50, "krw": 100, "mxn": 1_000, "nok": 300, "nzd": 50, "pln": 200, "sek": 300, "sgd": 50,
        "usd": 50, "zar": 50,
    ]

    private static let withoutDecimals: Set<String> = ["jpy", "krw"]

    /// The minimum charge in minor units, or `nil` for an unsupported currency.
    static func minimum(_ currency: String) -> Int64? { minimums[currency] }

    /// Formats an amount as `0.50 USD`.
    static func text(_ amount: Int64, _ currency: String) -> String {
        guard !withoutDecimals.contains(currency) else { return "\(amount) \(currency.uppercased())" }
        let cents = amount % 100
        return "\(amount / 100).\(cents < 10 ? "0" : "")\(cents) \(currency.uppercased())"
    }
}
