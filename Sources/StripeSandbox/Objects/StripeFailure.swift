/// An error response in Stripe's format. https://docs.stripe.com/api/errors
struct StripeFailure: Error, Equatable {
    var status: Int
    var type: String
    var code: String?
    var message: String
    var parameter: String?
    var declineCode: String?
    /// The id of the charge that a card error is about.
    var charge: String?
    /// The PaymentIntent that the error is about, in full.
    var paymentIntent: JSON?
    /// True if the response is stored under the idempotency key. The response to an invalid request is not stored,
    /// because its execution never began.
    ///
    /// https://docs.stripe.com/api/idempotent_requests
    var isStored = false

    var json: JSON {
        var error: [String: JSON] = ["type": .string(type), "message": .string(message)]
        if let code {
            error["code"] = .string(code)
            error["doc_url"] = .string("https://stripe.com/docs/error-codes/\(code.replacing("_", with: "-"))")
        }
        if let parameter { error["param"] = .string(parameter) }
        if let declineCode { error["decline_code"] = .string(declineCode) }
        if let charge { error["charge"] = .string(charge) }
        if let paymentIntent { error["payment_intent"] = paymentIntent }
        return ["error": .sorted(error)]
    }

    static func invalid(_ message: String, code: String? = nil, parameter: String? = nil) -> StripeFailure {
        StripeFailure(
            status: 400, type: "invalid_request_error", code: code, message: message, parameter: parameter)
    }

    static func missing(_ parameter: String) -> StripeFailure {
        .invalid("Missing required param: \(parameter).", code: "parameter_missing", parameter: parameter)
    }

    static func unknown(_ parameter: String) -> StripeFailure {
        .invalid("Received unknown parameter: \(parameter)", code: "parameter_unknown", parameter: parameter)
    }

    static func noSuch(_ kind: String, _ id: String, parameter: String = "id") -> StripeFailure {
        StripeFailure(
            status: 404, type: "invalid_request_error", code: "resource_missing", message: "No such \(kind): '\(id)'",
            parameter: parameter, isStored: true)
    }

    /// A parameter names a PaymentMethod, a cursor or another object that does not exist.
    static func noSuchReference(_ kind: String, _ id: String, parameter: String) -> StripeFailure {
        .invalid("No such \(kind): '\(id)'", code: "resource_missing", parameter: parameter)
    }

    /// A decline by the bank. Execution had begun, so the response is stored under the key.
    static func declined(_ error: CardError, charge: String?, intent: JSON) -> StripeFailure {
        StripeFailure(
            status: 402, type: "card_error", code: error.code, message: error.message, declineCode: error.declineCode,
            charge: charge, paymentIntent: intent, isStored: true)
    }

    static func authentication(_ message: String) -> StripeFailure {
        StripeFailure(status: 401, type: "invalid_request_error", message: message)
    }

    static func keyInUse(_ key: String) -> StripeFailure {
        StripeFailure(
            status: 409, type: "idempotency_error", code: "idempotency_key_in_use",
            message:
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                + "submitted twice, and the other request is still going through): \(key). Please try again later.")
    }

    static func keyReused(_ key: String) -> StripeFailure {
        StripeFailure(
            status: 400, type: "idempotency_error",
            message:
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                + "Try using a key other than '\(key)' if you meant to execute a different request.")
    }
}
