import Foundation
import Marketplace

extension Visitor {
    /// A price in the visitor's format: `65,00 €`.
    func formattedPrice(_ minorUnits: Int64, _ currency: Currency) -> String {
        formatted(.price(minorUnits, currency)) {
            let amount = Decimal(minorUnits) / Self.scale(currency)
            // The number of digits comes from the table, because CLDR has no decimals for currencies such as ALL, and
            // would round.
            return amount.formatted(
                .currency(code: currency.rawValue).precision(.fractionLength(currency.writtenDigits(of: minorUnits)))
                    .locale(Locale(identifier: locale)))
        }
    }

    private static func scale(_ currency: Currency) -> Decimal {
        (0..<currency.minorDigits).reduce(1) { scale, _ in scale * 10 }
    }

    func number(_ value: Int) -> String {
        formatted(.number(value)) { value.formatted(.number.locale(Locale(identifier: locale))) }
    }

    // MARK: Amounts that the visitor types

    /// The separators of numbers in the most likely language of the visitor's region: for `en_FR`, those of `fr_FR`.
    var separators: TypedAmount.Separators {
        Self.separators.product(locale) {
            let region = Locale(identifier: locale).region?.identifier ?? "001"
            let local = Locale(identifier: Locale.Language(identifier: "und_\(region)").maximalIdentifier)
            return TypedAmount.Separators(
                decimal: local.decimalSeparator?.first ?? ".", grouping: local.groupingSeparator?.first ?? ",")
        }
    }

    /// The currency of the visitor's region, if it is known and can be charged.
    var currency: Currency? { Self.currency(of: locale) }

    /// The currency of a country, if it can be charged.
    static func currency(ofCountry code: String) -> Currency? { currency(of: "en_" + code) }

    private static func currency(of locale: String) -> Currency? {
        currencies.product(locale) {
            (Locale(identifier: locale).currency?.identifier).flatMap(Currency.init(rawValue:))
        }
    }

    private static let separators = MemoCache<String, Never?, TypedAmount.Separators>(limit: 512)
    private static let currencies = MemoCache<String, Never?, Currency?>(limit: 512)
}
