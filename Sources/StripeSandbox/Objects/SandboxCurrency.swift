import Marketplace

/// The currencies that the sandbox supports, by Stripe's lower-case codes. The rules are in the marketplace's table.
enum SandboxCurrency {
    /// The minimum charge in minor units, or `nil` for an unsupported currency.
    static func minimum(_ currency: String) -> Int64? { Currency.inAnyCase(currency)?.facts.minimum }

    /// The maximum charge in minor units, or 0 for an unsupported currency.
    static func maximum(_ currency: String) -> Int64 { Currency.inAnyCase(currency)?.facts.maximum ?? 0 }

    /// The step in minor units: an amount must be a multiple of it.
    static func step(_ currency: String) -> Int64 { Currency.inAnyCase(currency)?.facts.chargeStep ?? 1 }

    /// Formats an amount as `0.50 USD`.
    static func text(_ amount: Int64, _ currency: String) -> String {
        Currency.inAnyCase(currency)?.text(amount) ?? "\(amount) \(currency.uppercased())"
    }

    /// Throws Stripe's error for an amount that cannot be charged.
    static func check(_ amount: Int64, _ currency: String, parameter: String) throws(StripeFailure) {
        guard let minimum = minimum(currency) else {
            throw .invalid("Invalid currency: \(currency).", parameter: "currency")
        }
        guard amount > 0 else {
            throw .invalid(
                "This value must be greater than or equal to 1.", code: "parameter_invalid_integer",
                parameter: parameter)
        }
        guard amount.isMultiple(of: step(currency)) else {
            throw .invalid(
                "Invalid amount: amounts in \(currency) must be a multiple of \(step(currency)).", parameter: parameter)
        }
        guard amount >= minimum else {
            throw .invalid(
                "Amount must be at least \(text(minimum, currency))", code: "amount_too_small", parameter: parameter)
        }
        guard amount <= maximum(currency) else {
            throw .invalid(
                "Amount must be no more than \(text(maximum(currency), currency))", code: "amount_too_large",
                parameter: parameter)
        }
    }
}
