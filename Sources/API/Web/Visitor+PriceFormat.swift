import Foundation
import Marketplace

extension Visitor {
    /// A price in the visitor's format: `65,00 €`.
    func formattedPrice(_ minorUnits: Int64, _ currency: Currency) -> String {
        let digits = currency.writtenDigits(of: minorUnits)
        let key = PriceFormatKey(locale: locale, currency: currency, fractionDigits: digits)
        let format = Self.priceFormats.product(key) {
            PriceFormat(locale: locale, currency, fractionDigits: digits)
        }
        if let format, minorUnits >= 0 { return format.text(minorUnits, currency) }
        let amount = Decimal(minorUnits) / Self.scale(currency)
        return PriceFormat.formatted(amount, locale: locale, currency, fractionDigits: digits)
    }

    private struct PriceFormatKey: Hashable {
        let locale: String
        let currency: Currency
        let fractionDigits: Int
    }

    private static let priceFormats = MemoCache<PriceFormatKey, Never?, PriceFormat?>(limit: 4096)

    private static func scale(_ currency: Currency) -> Decimal {
        (0..<currency.minorDigits).reduce(1) { scale, _ in scale * 10 }
    }
}
