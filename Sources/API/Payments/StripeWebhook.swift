import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Marketplace
import Stripe

/// `POST /webhooks/stripe`: receives Stripe's events. Responds with 2xx to an event about a payment only after
/// PostgreSQL has committed the event. Without a 2xx response, Stripe sends the event again.
struct StripeWebhook: Sendable {
    let gateway: CommandGateway
    let secrets: [String]

    /// The types of events about payments. Events of other types, and of objects without an id, are acknowledged and
    /// ignored. The success and the capture of a charge are not in the list, because the event of its PaymentIntent
    /// arrives at the same time.
    static let webhookEvents: Set<String> = [
        "checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded", "payment_intent.canceled", "payment_intent.payment_failed",
        "charge.failed", "charge.expired", "charge.refunded", "refund.created", "refund.updated",
    ]

    private struct Received: Encodable {
        let received = true
        let ignored: Bool
    }

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await signedBody(of: request, context)
        guard let event = try? WebhookEvent(json: body), Self.isPlain(event.id), Self.isPlain(event.type) else {
            throw Problem.invalid("the body is not a Stripe event")
        }
        // After an error, Stripe would repeat the event for days, and might disable the endpoint.
        guard Self.webhookEvents.contains(event.type), let object = event.objectID, Self.isPlain(object) else {
            return .json(Received(ignored: true))
        }
        let command = CommandRequest(
            id: Self.commandID(event), actor: .stripe, trace: context.trace, preference: Preference(waitSeconds: 15))
        let payload = ReceiveStripeEvent(
            eventId: event.id, eventType: event.type, objectId: object, orderId: event.orderID,
            attempt: event.attempt)
        switch try await gateway.send(payload, to: .payments, as: command) {
        case .done: return .json(Received(ignored: false))
        case .accepted: throw Problem.unavailable("the event is not committed yet: send it again")
        }
    }

    private func signedBody(of request: Request, _ context: APIContext) async throws -> [UInt8] {
        do {
            // A malformed header is refused before the body is read.
            let signature = try WebhookSignature(header: request.headers[.stripeSignature])
            let body = try await request.bytes(upTo: RequestLimits.webhookBodyBytes, context)
            try signature.verify(body: body, secrets: secrets, now: .now())
            return body
        } catch let error as WebhookSignatureError {
            context.logger.warning("Webhook refused", metadata: ["error": "\(error)"])
            throw Problem(.badRequest, "bad-signature", "Invalid webhook signature", "\(error)")
        }
    }

    /// The same event always gives the same id, so that a repeated event is the same command.
    private static func commandID(_ event: WebhookEvent) -> CommandID {
        CommandID(.v8(digest: Array(SHA256.hash(data: Data("stripe:\(event.id)".utf8)))))
    }

    /// True if an id or a type is short, visible ASCII, like the ids and types of Stripe. The text is stored in a Redis
    /// stream.
    private static func isPlain(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
