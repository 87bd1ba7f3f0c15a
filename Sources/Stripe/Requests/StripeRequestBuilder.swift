import JSONCoding
public import Marketplace

/// Builds Stripe requests from the decider's payment requests.
public struct StripeRequestBuilder: Sendable {
    /// GitTix's base URL for buyers, without a trailing slash.
    let publicURL: String

    public init(publicURL: String) { self.publicURL = publicURL }

    public func request(_ request: PaymentRequest, key: String) -> StripeRequest {
        switch request {
        case .openPage(let order, let attempt):
            .createCheckoutSession(
                CheckoutSessionParameters(
                    orderID: order.id, attempt: attempt.number, title: order.title, unitAmount: order.allIn,
                    currency: order.currency, quantity: order.quantity,
                    successURL: "\(publicURL)/orders/\(order.id)?paid=1", cancelURL: "\(publicURL)/orders/\(order.id)",
                    expiresAt: attempt.sessionExpiresAt),
                key: key)
        case .closePage(let session): .expireCheckoutSession(session, key: key)
        case .capture(let intent): .capturePaymentIntent(intent, key: key)
        case .cancel(let intent): .cancelPaymentIntent(intent, key: key)
        case .refund(let intent): .createRefund(paymentIntent: intent, key: key)
        }
    }

    /// Returns the JSON of the ``StripeRequest``, with sorted members. It is stored until the call has an outcome.
    public func json(_ request: PaymentRequest, key: String) -> String {
        let request = self.request(request, key: key)
        var json: [UInt8] = []
        json.reserveCapacity(1_024)
        for (name, value) in [
            ("form", request.form), ("idempotencyKey", key), ("method", request.method.rawValue),
            ("path", request.path),
        ] {
            json += json.isEmpty ? "{\"".utf8 : ",\"".utf8
            json += name.utf8
            json += "\":\"".utf8
            Self.write(value, into: &json)
            json.append(UInt8(ascii: "\""))
        }
        json.append(UInt8(ascii: "}"))
        return String(decoding: json, as: UTF8.self)
    }

    /// Escapes text as in RFC 8259, section 7. Encoded forms and paths need no escapes.
    private static func write(_ text: String, into json: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                json.append(UInt8(ascii: "\\"))
                json.append(byte)
            case 0..<0x20:
                json += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: json.append(byte)
            }
        }
    }

    public static func read(_ json: String) throws -> StripeRequest {
        try JSONBytes.decode(StripeRequest.self, from: Array(json.utf8))
    }
}
