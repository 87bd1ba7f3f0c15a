import Hummingbird
import Marketplace
import Services

/// Describes in words the amounts that a seller gets and a buyer pays. The form of a listing shows this text while the
/// seller types, and when the form is shown again with errors.
enum SellerQuote {
    /// Values of the template `seller-quote`, or nil if the form has no price that can be read.
    static func view(
        _ form: FormFields, _ book: PricingBook, at place: PricePlace, for visitor: Visitor, now: Timestamp
    ) -> View? {
        guard let currency = Currency.inAnyCase(form["currency"]),
            let ask = amount(form["price"], currency, visitor)
        else { return nil }
        let quote = book.quote(
            ask: ask, currency, faceValue: amount(form["faceValue"], currency, visitor), at: place, now: now)
        func text(_ amount: Int64) -> String { visitor.formattedPrice(amount, currency) }
        return [
            "youGet": text(quote.breakdown.youGet), "buyerPays": text(quote.breakdown.allIn),
            "max": quote.cap.map { text($0.max) },
            "law": quote.policy.map { LawPages.path(of: $0.content.jurisdiction) },
            "problem": quote.refusal.map { refusal in
                refusal.cap.map { $0.sentence(text($0.max)) } ?? refusal.message
            },
        ]
    }

    private static func amount(_ text: String, _ currency: Currency, _ visitor: Visitor) -> Int64? {
        guard let amount = try? TypedAmount.minorUnits(of: text.trimmed, in: currency, separators: visitor.separators),
            (1...currency.facts.maximum).contains(amount)
        else { return nil }
        return amount
    }

    /// Describes the fees for tickets at a place in words, before the seller has entered a price.
    static func terms(
        _ book: PricingBook, at place: PricePlace, _ currency: Currency?, for visitor: Visitor, now: Timestamp
    ) -> [String] {
        let rule = currency.flatMap { book.rule(at: place, $0, now: now) }?.content
        let buyer = rule.flatMap { PriceView.rate($0.buyerBp, $0.buyerFixed, currency, visitor) }
        let seller = rule.flatMap { PriceView.rate($0.sellerBp, $0.sellerFixed, currency, visitor) }
        guard buyer != nil || seller != nil else {
            return [
                "Buyers pay exactly your price for each ticket. GitTix adds no fee for the buyer and takes no "
                    + "commission from you."
            ]
        }
        return [
            buyer.map { "Buyers pay your price and our fee of \($0) for each ticket. They see both as one price." }
                ?? "Buyers pay exactly your price for each ticket.",
            seller.map { "We keep \($0) of your price for each ticket that is sold." }
                ?? "We take no commission from you.",
        ]
    }
}

/// `/sell/quote`: the part of the listing's form that the script loads while the seller types a price.
struct SellerQuoteRoute: Sendable {
    let pages: Pages
    let listings: ListingReads
    let catalogue: CatalogueReads
    let budget: AddressBudget
    let addresses: ClientAddress

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/sell/quote") { request, context in try await show(request, context) }
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try budget.take(addresses.of(request, context))
        let form = FormFields(query: request.uri.query)
        let place = try await catalogue.pricePlace(of: PerformanceID(form["performance"]), for: context)
        let view = SellerQuote.view(
            form, await listings.pricing(), at: place ?? PricePlace(), for: Visitor(request), now: .now())
        return .fragment(try view.map { try pages.fragment("seller-quote", $0) } ?? "")
    }
}

extension CatalogueReads {
    /// The facts of a performance on which its prices depend, or nil if the requester can't see the performance.
    func pricePlace(of id: PerformanceID?, for context: APIContext) async throws -> PricePlace? {
        guard let id, var state = try await performance(id) else { return nil }
        if let winner = state.mergedInto, let other = try await performance(winner) { state = other }
        if state.status == .proposed || state.status == .rejected, state.proposedBy != context.user?.id { return nil }
        return PricePlace(state)
    }
}
