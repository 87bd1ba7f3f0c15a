import Hummingbird
import Marketplace
import Services

/// `/api/quotes` and `/api/policies`: the cost of a ticket at a seller's price, and the rules that decide it.
struct QuoteRoutes: Sendable {
    let listings: ListingReads
    let catalogue: CatalogueReads
    let budget: AddressBudget
    let addresses: ClientAddress

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("quotes") { request, context in try await quote(request, context) }
        routes.get("policies") { request, _ in try await policies(request) }
    }

    private func quote(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try Query(request.uri, names: ["performance", "ask", "currency", "faceValue"])
        try budget.take(addresses.of(request, context))
        var values = QueryValues(query)
        let currency =
            values.read("currency", "one of \(Currency.all.joined(separator: ", "))", Currency.inAnyCase) ?? .usd
        let amount = "a whole number of minor units, 1 to \(currency.facts.maximum)"
        func minorUnits(_ text: String) -> Int64? {
            Int64(text).flatMap { (1...currency.facts.maximum).contains($0) ? $0 : nil }
        }
        let ask = values.read("ask", amount, minorUnits)
        let faceValue = values.read("faceValue", amount, minorUnits)
        let id = values.read("performance", "the id of a performance") { PerformanceID($0) }
        if ask == nil, values.faults.isEmpty { values.fail("ask", "is required") }
        guard values.faults.isEmpty, let ask else { throw Problem.invalid(values.faults) }
        var place = PricePlace()
        if let id {
            guard let found = try await catalogue.pricePlace(of: id, for: context) else {
                throw Problem.notFound("performance")
            }
            place = found
        }
        let quote = await listings.pricing().quote(
            ask: ask, currency, faceValue: faceValue, at: place, now: .now())
        return .json(QuoteRepresentation(quote, currency))
    }

    private func policies(_ request: Request) async throws -> Response {
        _ = try Query(request.uri, names: [])
        return .json(PoliciesRepresentation(await listings.pricing(), now: .now()))
    }
}

/// A quote as the API shows it.
struct QuoteRepresentation: Encodable {
    struct Policy: Encodable {
        let jurisdiction: String
        let version: Int64
        let basis: String
        let source: String
    }

    struct Refusal: Encodable {
        let code: String
        let message: String
        let field: String?
    }

    let ask: Int64
    let currency: Currency
    let youGet: Int64
    let buyerPays: Int64
    let fees: PriceBreakdown
    /// The greatest ask that the policy allows.
    let max: Int64?
    let policy: Policy?
    /// Why such a ticket can't be listed.
    let refusal: Refusal?

    init(_ quote: PriceQuote, _ currency: Currency) {
        ask = quote.breakdown.ask
        self.currency = currency
        youGet = quote.breakdown.youGet
        buyerPays = quote.breakdown.allIn
        fees = quote.breakdown
        max = quote.cap?.max
        policy = quote.policy.map {
            Policy(
                jurisdiction: $0.content.jurisdiction, version: $0.version, basis: $0.content.basis.rawValue,
                source: $0.content.source)
        }
        refusal = quote.refusal.map { Refusal(code: $0.code.kebab, message: $0.message, field: $0.field) }
    }
}

/// The fee rules and price policies as the API shows them.
struct PoliciesRepresentation: Encodable {
    struct Fee: Encodable {
        let version: Int64
        let country: String?
        let category: ShowCategory?
        let currency: Currency?
        let buyerBp: Int
        let buyerFixed: Int64
        let sellerBp: Int
        let sellerFixed: Int64
        let min: Int64?
        let max: Int64?
        let validFrom: Day
    }

    struct Policy: Encodable {
        let version: Int64
        let jurisdiction: String
        let name: String
        let status: PricePolicy.Status
        let basis: PricePolicy.Basis
        let capBp: Int
        let plus: Int64
        let currency: Currency?
        let measured: PricePolicy.Measured
        let declaredEventsOnly: Bool
        let restrictedTicketsOnly: Bool
        let occasionalOnly: Bool
        let needsOrganiser: Bool
        let proof: PricePolicy.Proof
        let discloses: [String]
        let validFrom: Day
        let validTo: Day?
        let source: String
        let checkedOn: Day
        let note: String?
    }

    let fees: [Fee]
    let policies: [Policy]

    init(_ book: PricingBook, now: Timestamp) {
        fees = book.rulesInForce(now: now).map { stored in
            let rule = stored.content
            return Fee(
                version: stored.version, country: rule.scope.country, category: rule.scope.category,
                currency: rule.scope.currency, buyerBp: rule.buyerBp, buyerFixed: rule.buyerFixed,
                sellerBp: rule.sellerBp, sellerFixed: rule.sellerFixed, min: rule.min, max: rule.max,
                validFrom: rule.validFrom)
        }
        policies = book.shownPolicies.map { stored in
            let policy = stored.content
            return Policy(
                version: stored.version, jurisdiction: policy.jurisdiction, name: policy.name, status: policy.status,
                basis: policy.basis, capBp: policy.capBp, plus: policy.plus, currency: policy.currency,
                measured: policy.measured, declaredEventsOnly: policy.declaredEventsOnly,
                restrictedTicketsOnly: policy.restrictedTicketsOnly, occasionalOnly: policy.occasionalOnly,
                needsOrganiser: policy.needsOrganiser, proof: policy.proof, discloses: policy.discloses,
                validFrom: policy.validFrom, validTo: policy.validTo, source: policy.source,
                checkedOn: policy.checkedOn, note: policy.note)
        }
    }
}
