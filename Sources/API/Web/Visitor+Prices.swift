import Foundation
import Marketplace

extension Visitor {
    /// `65,00 €`
    func formattedPrice(_ minorUnits: Int64, _ currency: Currency) -> String {
        formatted(.price(minorUnits, currency)) {
            let amount = Decimal(minorUnits) / Self.scale(currency)
            return amount.formatted(.currency(code: currency.rawValue).locale(Locale(identifier: locale)))
        }
    }

    private static func scale(_ currency: Currency) -> Decimal {
        (0..<currency.minorDigits).reduce(1) { scale, _ in scale * 10 }
    }

    func number(_ value: Int) -> String {
        formatted(.number(value)) { value.formatted(.number.locale(Locale(identifier: locale))) }
    }
}
