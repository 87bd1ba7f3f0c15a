import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Marketplace
import Stripe

/// `POST /webhooks/stripe`: takes in what Stripe tells. `2xx` only once PostgreSQL has it, so that Stripe tells it again
/// otherwise.
struct StripeWebhook: Sendable {
    let gateway: CommandGateway
    let secrets: [String]

    /// The most bytes of an event.
    static let bodyLimit = 1 << 20

    /// The events that tell something of a payment. Others are taken and forgotten: so are a charge's success and its
    /// capture, which its PaymentIntent tells in the same instant.
    static let types: Set<String> = [
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
        let body = try await request.bytes(upTo: Self.bodyLimit, context)
        do {
            try WebhookSignature.verify(
                header: request.headers[.stripeSignature], body: body, secrets: secrets, now: .now())
        } catch {
            context.logger.warning("a webhook was refused", metadata: ["why": "\(error)"])
            throw Problem(.badRequest, "bad-signature", "The webhook is not believed", "\(error)")
        }
        guard let event = try? WebhookEvent(json: body), Self.isReadable(event) else {
            throw Problem.invalid("the body is no event of Stripe's")
        }
        guard Self.types.contains(event.type) else { return .json(Received(ignored: true)) }
        let command = CommandRequest(
            id: Self.commandID(event), actor: .stripe, trace: context.trace, preference: Preference(waitSeconds: 15))
        let payload = ReceiveStripeEvent(
            eventId: event.id, eventType: event.type, objectId: event.objectID, orderId: event.orderID,
            attempt: event.attempt)
        switch try await gateway.send(payload, to: .payments, as: command) {
        case .done: return .json(Received(ignored: false))
        case .accepted: throw Problem.unavailable("the event is not committed yet: send it again")
        }
    }

    /// An event that is sent twice is one command.
    private static func commandID(_ event: WebhookEvent) -> CommandID {
        CommandID(.v8(digest: Array(SHA256.hash(data: Data("stripe:\(event.id)".utf8)))))
    }

    /// Ids of Stripe's are short and plain; they will stand in a stream.
    private static func isReadable(_ event: WebhookEvent) -> Bool {
        [event.id, event.type, event.objectID].allSatisfy { text in
            (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }
}
