import Foundation
import Marketplace

extension Visitor {
    /// A price in the visitor's format: `65,00 €`.
    func formattedPrice(_ minorUnits: Int64, _ currency: Currency) -> String {
        formatted(.price(minorUnits, currency)) {
            let amount = Decimal(minorUnits) / Self.scale(currency)
            // The number of decimals comes from the table of currencies. CLDR's data has no decimals for currencies
            // such as ALL, so the amount would be rounded.
            return amount.formatted(
                .currency(code: currency.rawValue).precision(.fractionLength(currency.writtenDigits(of: minorUnits)))
                    .locale(Locale(identifier: locale)))
        }
    }

    private static func scale(_ currency: Currency) -> Decimal {
        (0..<currency.minorDigits).reduce(1) { scale, _ in scale * 10 }
    }
}
