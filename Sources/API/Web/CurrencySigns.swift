import Foundation
import Marketplace

/// The signs and codes with which people write a currency.
enum CurrencySigns {
    /// The signs of a currency, in the form that ``normalized(_:)`` returns.
    static func signs(of currency: Currency) -> Set<String> { table[currency.rawValue] ?? [] }

    /// True if some currency has this sign.
    static func isKnown(_ sign: String) -> Bool { all.contains(sign) }

    /// The text in lower case, without spaces and points at its start and end.
    static func normalized(_ text: some StringProtocol) -> String {
        String(text).trimmed.lowercased().trimmingCharacters(in: ["."])
    }

    private static let all = table.values.reduce(into: Set<String>()) { $0.formUnion($1) }

    private static let table: [String: Set<String>] = {
        // In CLDR, the locale `en` (the United States) writes `$`, and the locale `en_001` (the world) writes `US$`.
        let locales = ["en", "en_001"].map(Locale.init(identifier:))
        var table: [String: Set<String>] = [:]
        for code in Currency.all {
            let styles = locales.map {
                Decimal.FormatStyle.Currency(code: code, locale: $0).precision(.fractionLength(0))
            }
            let formatted = (styles + styles.map { $0.presentation(.narrow) }).map { Decimal(1).formatted($0) }
            let signs = formatted.map { $0.filter { !$0.isNumber && !$0.isWhitespace } }
            table[code] = Set((signs + [code] + (spoken[code] ?? [])).map(normalized))
        }
        return table
    }()

    /// Signs that are missing from CLDR's data for English.
    private static let spoken: [String: [String]] = [
        "CHF": ["fr", "sfr"], "CNY": ["元", "yuan"], "CZK": ["kc"], "EUR": ["euro", "euros"],
        "GBP": ["pound", "pounds"], "INR": ["rs"], "JPY": ["円", "yen"], "KRW": ["원", "won"], "PLN": ["zl"],
        "TWD": ["元"], "USD": ["dollar", "dollars"],
    ]
}
