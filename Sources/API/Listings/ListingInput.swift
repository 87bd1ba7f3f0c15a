import Marketplace

/// The body of `POST /api/tickets`.
struct NewListingInput: Sendable {
    /// May be `nil` if the listing names a performance, because the listing then takes the performance's title.
    let title: String?
    let price: Int64
    let currency: Currency
    let faceValue: Int64?
    let faceCurrency: Currency?
    let quantity: Int
    let splitRule: SplitRule?
    let seats: [String]?
    let performanceId: PerformanceID?
    let details: ShowDetails

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let namesPerformance = fields.has("performanceId")
        let performanceId: PerformanceID? = namesPerformance ? fields.id("performanceId") : nil
        let title = fields.text("title", 1...ListingState.titleLimit, required: !namesPerformance)
        let price = fields.price("price")
        let currency = fields.currency("currency")
        seats = fields.seats("seats")
        let faceValue = fields.price("faceValue", required: false)
        let faceCurrency = fields.currency("faceCurrency")
        let quantity = fields.quantity("quantity", upTo: ListingState.quantityLimit, seats: seats)
        let splitRule = fields.splitRule("splitRule")
        let details = fields.eventDetails(required: !namesPerformance)
        fields.check(price: price, in: currency ?? .usd)
        guard fields.finish(), let price, namesPerformance || title != nil else { throw fields.problem }
        self.performanceId = performanceId
        self.title = title
        self.price = price
        self.currency = currency ?? .usd
        self.faceValue = faceValue
        self.faceCurrency = faceCurrency
        self.quantity = quantity
        self.splitRule = splitRule
        // Removes empty details.
        self.details = ShowDetails().changed(by: details)
    }
}

/// The body of `PUT /api/tickets/:id`. Members that are left out stay unchanged.
struct ListingChangeInput: Sendable {
    let title: String?
    let price: Int64?
    let currency: Currency?
    let faceValue: Int64?
    let faceCurrency: Currency?
    let quantity: Int?
    let splitRule: SplitRule?
    let details: ShowDetails
    let withdrawn: Bool?

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        title = fields.text("title", 1...ListingState.titleLimit, required: false)
        price = fields.price("price", required: false)
        currency = fields.currency("currency")
        faceValue = fields.price("faceValue", required: false)
        faceCurrency = fields.currency("faceCurrency")
        quantity = fields.integer("quantity", 1...Int64(ListingState.quantityLimit), required: false).map { Int($0) }
        splitRule = fields.splitRule("splitRule")
        details = fields.eventDetails(required: false)
        withdrawn = fields.bool("withdrawn", required: false)
        // Without a currency, the listings service checks the price in the listing's currency.
        if let currency { fields.check(price: price, in: currency) }
        guard fields.finish() else { throw fields.problem }
    }
}
