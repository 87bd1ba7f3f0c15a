extension Ledger {
    /// Runs one API call and returns its object.
    mutating func run(
        _ operation: Operation, id: String, _ parameters: Parameters, publicURL: String, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> JSON {
        let expansion = try Expansion(parameters)
        switch operation {
        case .createSession, .listSessions, .retrieveSession, .expireSession:
            return try runSessions(operation, id: id, parameters, expansion, publicURL: publicURL, at: now, cause)
        case .createIntent, .listIntents, .retrieveIntent, .confirmIntent, .captureIntent, .cancelIntent:
            return try runIntents(operation, id: id, parameters, expansion, at: now, cause)
        case .createRefund, .listRefunds, .retrieveRefund:
            return try runRefunds(operation, id: id, parameters, expansion, at: now, cause)
        case .retrieveCharge:
            try parameters.allowOnly(["expand"])
            try expansion.allowOnly(["payment_intent", "refunds"])
            return json(try charge(id), expansion)
        case .listEvents, .retrieveEvent:
            return try runEvents(operation, id: id, parameters)
        }
    }

    private mutating func runSessions(
        _ operation: Operation, id: String, _ parameters: Parameters, _ expansion: Expansion, publicURL: String,
        at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> JSON {
        if operation == .listSessions {
            try parameters.allowOnly([
                "created", "limit", "starting_after", "ending_before", "payment_intent", "status", "expand",
            ])
            let query = try ListQuery(parameters)
            let intentID = try parameters.string("payment_intent")
            let status = try parameters.choice("status", of: ["open", "complete", "expired"])
            let page = try sessions.page(query, of: "checkout.session") {
                query.created.contains($0.created) && (intentID == nil || $0.intentID == intentID)
                    && (status == nil || $0.status.rawValue == status)
            }
            return try list(page, expansion, ["payment_intent", "line_items"], "/v1/checkout/sessions") { json($0, $1) }
        }
        try expansion.allowOnly(["payment_intent", "line_items"])
        switch operation {
        case .createSession:
            let session = try createSession(parameters, publicURL: publicURL, at: now, cause)
            return json(session, expansion)
        case .expireSession:
            try parameters.allowOnly(["expand"])
            let session = try expireSession(id, at: now, cause)
            return json(session, expansion)
        default:
            try parameters.allowOnly(["expand"])
            return json(try session(id), expansion)
        }
    }

    private mutating func runIntents(
        _ operation: Operation, id: String, _ parameters: Parameters, _ expansion: Expansion, at now: Int64,
        _ cause: Cause
    ) throws(StripeFailure) -> JSON {
        if operation == .listIntents {
            try parameters.allowOnly(["created", "limit", "starting_after", "ending_before", "expand"])
            let query = try ListQuery(parameters)
            let page = try intents.page(query, of: "payment_intent") { query.created.contains($0.created) }
            return try list(page, expansion, ["latest_charge"], "/v1/payment_intents") { json($0, $1) }
        }
        try expansion.allowOnly(["latest_charge"])
        switch operation {
        case .createIntent:
            let intent = try createIntent(parameters, at: now, cause)
            return json(intent, expansion)
        case .confirmIntent:
            let intent = try confirmIntent(id, parameters, at: now, cause)
            return json(intent, expansion)
        case .captureIntent:
            try parameters.allowOnly(["amount_to_capture", "expand"])
            let amount = try parameters.integer("amount_to_capture")
            // These are two statements: in a single one, `json` would read the ledger before the change.
            let intent = try captureIntent(id, amount: amount, at: now, cause)
            return json(intent, expansion)
        case .cancelIntent:
            try parameters.allowOnly(["cancellation_reason", "expand"])
            let reason = try parameters.choice(
                "cancellation_reason", of: ["duplicate", "fraudulent", "requested_by_customer", "abandoned"])
            let intent = try cancelIntent(id, reason: reason, at: now, cause)
            return json(intent, expansion)
        default:
            try parameters.allowOnly(["expand", "client_secret"])
            return json(try intent(id), expansion)
        }
    }

    private mutating func runRefunds(
        _ operation: Operation, id: String, _ parameters: Parameters, _ expansion: Expansion, at now: Int64,
        _ cause: Cause
    ) throws(StripeFailure) -> JSON {
        if operation == .listRefunds {
            try parameters.allowOnly([
                "created", "limit", "starting_after", "ending_before", "payment_intent", "charge", "expand",
            ])
            let query = try ListQuery(parameters)
            let intentID = try parameters.string("payment_intent")
            let chargeID = try parameters.string("charge")
            let page = try refunds.page(query, of: "refund") {
                query.created.contains($0.created) && (intentID == nil || $0.intentID == intentID)
                    && (chargeID == nil || $0.chargeID == chargeID)
            }
            return try list(page, expansion, ["charge", "payment_intent"], "/v1/refunds") { json($0, $1) }
        }
        try expansion.allowOnly(["charge", "payment_intent"])
        if operation == .createRefund {
            let refund = try createRefund(parameters, at: now, cause)
            return json(refund, expansion)
        }
        try parameters.allowOnly(["expand"])
        return json(try refund(id), expansion)
    }

    private func runEvents(
        _ operation: Operation, id: String, _ parameters: Parameters
    ) throws(StripeFailure) -> JSON {
        guard operation == .listEvents else {
            guard let event = events[id] else { throw .noSuch("event", id) }
            return event.json
        }
        try parameters.allowOnly([
            "created", "limit", "starting_after", "ending_before", "type", "types", "delivery_success",
        ])
        let query = try ListQuery(parameters)
        let filter = try EventFilter(parameters)
        let page = try events.page(query, of: "event") { query.created.contains($0.created) && filter.matches($0) }
        return .list(page.values.map(\.json), url: "/v1/events", hasMore: page.hasMore)
    }

    private func list<Value>(
        _ page: (values: [Value], hasMore: Bool), _ expansion: Expansion, _ expandable: Set<String>, _ url: String,
        _ json: (Value, Expansion) -> JSON
    ) throws(StripeFailure) -> JSON {
        try expansion.allowOnly(["data"])
        let expansion = expansion["data"] ?? .none
        try expansion.allowOnly(expandable)
        return .list(page.values.map { json($0, expansion) }, url: url, hasMore: page.hasMore)
    }
}
