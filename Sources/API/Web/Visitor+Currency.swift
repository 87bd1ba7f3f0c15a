import Foundation
import Marketplace

extension Visitor {
    /// The currency of the visitor's region, if it is known and can be charged.
    var currency: Currency? { Self.currency(of: locale) }

    /// The currency of a country, if it can be charged.
    static func currency(ofCountry code: String) -> Currency? { currency(of: "en_" + code) }

    private static func currency(of locale: String) -> Currency? {
        currencies.product(locale) {
            (Locale(identifier: locale).currency?.identifier).flatMap(Currency.init(rawValue:))
        }
    }

    private static let currencies = MemoCache<String, Never?, Currency?>(limit: 512)
}
