import Marketplace

extension FormFields {
    /// A price before fees, in minor units. The listings service, which knows the fees, decides whether the whole price
    /// is high enough to be charged.
    mutating func price(_ name: String, in currency: Currency, for visitor: Visitor) -> Int64? {
        guard let amount = amount(name, "a price", in: currency, for: visitor) else { return nil }
        if let fault = Price.fault(ofAsk: amount, in: currency) {
            fail(name, "The price \(fault).")
            return nil
        }
        return amount
    }

    /// An amount in minor units: 1 to the currency's greatest charge. The visitor may write it in the notation of the
    /// visitor's region, or in any unambiguous notation.
    ///
    /// - Parameter what: the value's name with its article, for the message: "a price".
    mutating func amount(_ name: String, _ what: String, in currency: Currency, for visitor: Visitor) -> Int64? {
        let text = self[name].trimmed
        guard !text.isEmpty else {
            fail(name, "Enter \(what).")
            return nil
        }
        do {
            let amount = try TypedAmount.minorUnits(of: text, in: currency, separators: visitor.separators)
            let greatest = currency.facts.maximum
            if (1...greatest).contains(amount) { return amount }
            fail(
                name,
                amount < 1
                    ? "Enter an amount above zero."
                    : "Enter \(visitor.formattedPrice(greatest, currency)) or less. Cards can't pay more.")
        } catch {
            switch error {
            case .unreadable:
                fail(name, "Enter an amount such as \(visitor.typedAmount(Self.example(currency), currency)).")
            case .ambiguous:
                fail(name, "We can't tell thousands from decimals here. Leave out the thousands separator.")
            case .otherCurrency: fail(name, "This is an amount in another currency. You chose \(currency).")
            }
        }
        return nil
    }

    private static func example(_ currency: Currency) -> Int64 {
        let facts = currency.facts
        return facts.minorDigits == 2 && facts.priceStep == 1 ? 1999 : 2000 * facts.priceStep
    }
}

extension Visitor {
    /// An amount in the notation of the visitor's region, without sign or code: `19,99`.
    func typedAmount(_ minorUnits: Int64, _ currency: Currency) -> String {
        currency.shortDecimal(minorUnits).replacing(".", with: String(separators.decimal))
    }
}

extension Currency {
    /// An amount with a decimal point and at most two decimals. If a currency has three decimals, the last one is
    /// always 0, and three digits could be mistaken for thousands.
    func shortDecimal(_ minorUnits: Int64) -> String {
        let text = decimal(minorUnits)
        return minorDigits == 3 && text.hasSuffix("0") ? String(text.dropLast()) : text
    }
}
