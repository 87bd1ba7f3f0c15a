/// The validated parameters of a new Checkout Session.
struct SessionDraft {
    let successURL: String
    let cancelURL: String?
    let clientReferenceID: String?
    let customerEmail: String?
    let currency: String
    let items: [Session.LineItem]
    let total: Int64
    let expiresAt: Int64
    let metadata: [String: String]
    let isManualCapture: Bool
    let intentMetadata: [String: String]
    let intentDescription: String?

    private static let known: Set<String> = [
        "mode", "success_url", "cancel_url", "client_reference_id", "customer_email", "line_items", "metadata",
        "payment_intent_data", "payment_method_types", "expires_at", "expand", "locale", "submit_type",
        "billing_address_collection", "customer_creation",
    ]

    init(_ parameters: Parameters, at now: Int64) throws(StripeFailure) {
        try parameters.allowOnly(Self.known)
        let mode = try parameters.required("mode")
        guard mode == "payment" else {
            throw .invalid("Invalid mode: the sandbox supports only `payment`.", parameter: "mode")
        }
        for type in try parameters.strings("payment_method_types") where type != "card" {
            throw .invalid(
                "Invalid payment_method_types: the sandbox supports only `card`, not `\(type)`.",
                parameter: "payment_method_types")
        }
        guard let successURL = try Self.url(parameters, "success_url") else { throw .missing("success_url") }
        self.successURL = successURL
        cancelURL = try Self.url(parameters, "cancel_url")
        clientReferenceID = try parameters.string("client_reference_id", maxLength: 200)
        customerEmail = try parameters.string("customer_email", maxLength: 800)
        metadata = try parameters.metadata()
        (items, currency, total) = try Self.items(parameters)
        expiresAt = try Self.expiry(parameters, at: now)
        let intent = try parameters.nested("payment_intent_data")
        try intent?.allowOnly(["capture_method", "metadata", "description"])
        isManualCapture =
            try intent?.choice("capture_method", of: ["automatic", "automatic_async", "manual"]) == "manual"
        intentMetadata = try intent?.metadata() ?? [:]
        intentDescription = try intent?.string("description", maxLength: 1_000)
    }

    private static func items(_ parameters: Parameters) throws(StripeFailure) -> ([Session.LineItem], String, Int64) {
        let elements = parameters.elements("line_items")
        guard !elements.isEmpty else { throw .missing("line_items") }
        guard elements.count <= 100 else { throw .invalid("More than 100 line items", parameter: "line_items") }
        var items: [Session.LineItem] = []
        var currencies: Set<String> = []
        var total: Int64 = 0
        for element in elements {
            try element.allowOnly(["price_data", "quantity"])
            guard let price = try element.nested("price_data") else { throw .missing(element.name("price_data")) }
            try price.allowOnly(["currency", "unit_amount", "product_data"])
            guard let product = try price.nested("product_data") else { throw .missing(price.name("product_data")) }
            try product.allowOnly(["name", "description", "images", "metadata"])
            let currency = try price.required("currency").lowercased()
            guard SandboxCurrency.minimum(currency) != nil else {
                throw .invalid("Invalid currency: \(currency).", parameter: price.name("currency"))
            }
            guard let amount = try price.integer("unit_amount") else { throw .missing(price.name("unit_amount")) }
            guard (0...SandboxCurrency.maximum(currency)).contains(amount) else {
                throw .invalid("Invalid non-negative integer", parameter: price.name("unit_amount"))
            }
            guard amount.isMultiple(of: SandboxCurrency.step(currency)) else {
                throw .invalid(
                    "Invalid amount: amounts in \(currency) must be a multiple of \(SandboxCurrency.step(currency)).",
                    parameter: price.name("unit_amount"))
            }
            let quantity = try element.integer("quantity") ?? 1
            guard (1...999_999).contains(quantity) else {
                throw .invalid("Invalid quantity: \(quantity)", parameter: element.name("quantity"))
            }
            items.append(.init(name: try product.required("name"), unitAmount: amount, quantity: quantity))
            currencies.insert(currency)
            total += amount * quantity
        }
        guard let currency = currencies.first, currencies.count == 1 else {
            throw .invalid("All line items must have the same currency.", parameter: "line_items")
        }
        guard total <= SandboxCurrency.maximum(currency) else {
            throw .invalid(
                "The Checkout Session's total amount due must be no more than "
                    + SandboxCurrency.text(SandboxCurrency.maximum(currency), currency), code: "amount_too_large")
        }
        let minimum = SandboxCurrency.minimum(currency) ?? 1
        guard total >= minimum else {
            throw .invalid(
                "The Checkout Session's total amount due must add up to at least "
                    + SandboxCurrency.text(minimum, currency), code: "amount_too_small")
        }
        return (items, currency, total)
    }

    private static func expiry(_ parameters: Parameters, at now: Int64) throws(StripeFailure) -> Int64 {
        guard let expiresAt = try parameters.integer("expires_at") else { return now + Ledger.maximumSessionSeconds }
        guard expiresAt >= now + Ledger.minimumSessionSeconds else {
            throw .invalid(
                "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
                parameter: "expires_at")
        }
        guard expiresAt <= now + Ledger.maximumSessionSeconds else {
            throw .invalid(
                "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
                parameter: "expires_at")
        }
        return expiresAt
    }

    private static func url(_ parameters: Parameters, _ name: String) throws(StripeFailure) -> String? {
        guard let text = try parameters.string(name) else { return nil }
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { throw .invalid("Not a valid URL", code: "url_invalid", parameter: name) }
        return text
    }
}
