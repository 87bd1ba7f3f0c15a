import Marketplace

/// The currencies that the sandbox supports, by Stripe's lower-case codes, with the rules of the marketplace's table.
enum SandboxCurrency {
    static let maximum: Int64 = 99_999_999

    /// The minimum charge in minor units, or `nil` for an unsupported currency.
    static func minimum(_ currency: String) -> Int64? { Currency.inAnyCase(currency)?.facts.minimum }

    /// The number of minor units that an amount must be a multiple of.
    static func step(_ currency: String) -> Int64 { Currency.inAnyCase(currency)?.facts.chargeStep ?? 1 }

    /// Formats an amount as `0.50 USD`.
    static func text(_ amount: Int64, _ currency: String) -> String {
        Currency.inAnyCase(currency)?.text(amount) ?? "\(amount) \(currency.uppercased())"
    }
}
