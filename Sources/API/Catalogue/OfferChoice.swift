import Hummingbird
import Marketplace
import Services

/// The visitor's choice among a performance's offers, in the query of its page. Anyone can write a URL, so an invalid
/// value counts as missing.
struct OfferChoice: Sendable {
    /// The number of tickets that the visitor wants together, or `nil` for any number.
    let quantity: Int?
    /// The currency of the offers: the requested one, or else the most useful one.
    private(set) var currency: Currency?
    private let asked: Currency?
    private let cursor: String?
    private let id: PerformanceID
    private let codec: CursorCodec

    /// The quantities that have a link. Visitors can choose any other quantity by changing the URL.
    private static let shown = 1...6

    init(_ request: Request, of id: PerformanceID, keys: DerivedKeys) {
        let given = request.uri.queryParameters
        let number = given["quantity"].flatMap { Int($0) }
        let quantity = number.flatMap { (1...OrderState.quantityLimit).contains($0) ? $0 : nil }
        self.id = id
        self.quantity = quantity
        asked = given["currency"].flatMap { Currency.inAnyCase(String($0)) }
        currency = asked
        cursor = given["cursor"].map(String.init)
        codec = CursorCodec(keys: keys)
    }

    /// The choice with this currency, unless the visitor requested one.
    func preferring(_ currency: Currency?) -> OfferChoice {
        var choice = self
        choice.currency = asked ?? currency
        return choice
    }

    /// The position at the end of the previous page.
    var place: OfferCursor? {
        cursor.flatMap { codec.decode($0, list: Self.list(id, quantity, currency), as: OfferCursor.self) }
    }

    static func quantities(around chosen: Int?) -> [Int] {
        shown + (chosen.map { shown.contains($0) ? [] : [$0] } ?? [])
    }

    var search: OfferSearch { OfferSearch(performanceId: id, quantity: quantity, currency: currency) }

    /// The query of the current choice.
    var parameters: [(String, String?)] { Self.query(quantity, asked?.rawValue) }

    func query(quantity: Int?) -> [(String, String?)] { Self.query(quantity, asked?.rawValue) }

    func query(currency: String?) -> [(String, String?)] { Self.query(quantity, currency) }

    func encode(_ cursor: OfferCursor) -> String { codec.encode(cursor, list: Self.list(id, quantity, currency)) }

    private static func query(_ quantity: Int?, _ currency: String?) -> [(String, String?)] {
        [("quantity", quantity.map { String($0) }), ("currency", currency)]
    }

    private static func list(_ id: PerformanceID, _ quantity: Int?, _ currency: Currency?) -> String {
        "offers \(id) \(quantity ?? 0) \(currency?.rawValue ?? "")"
    }
}
