import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe

/// Attempts to pay orders. It decides and commits what is to be asked of Stripe; ``PaymentsRunner`` asks.
struct PaymentsHandler: ServiceHandler {
    let service = Service.payments
    private let parts: PaymentsParts

    init(_ parts: PaymentsParts) { self.parts = parts }

    func command(_ type: String, _ payload: Payload) throws -> PaymentsCommand {
        switch type {
        case StartPayment.type: .startPayment(try payload.decode())
        case ReceiveStripeEvent.type: .receiveStripeEvent(try payload.decode())
        case CheckPayment.type: .checkPayment(try payload.decode())
        default: throw UnknownPayload(what: "the command \(type)")
        }
    }

    func event(_ type: EventType, _ payload: Payload) throws -> PaymentsEvent? {
        switch type {
        case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded:
            .order(try payload.decode())
        default: nil
        }
    }

    func load(
        _ messages: [Message<PaymentsCommand, PaymentsEvent>], in transaction: PostgresTransaction
    ) async throws -> PaymentsDesk {
        try await parts.store.load(messages, leasing: parts.work.hasRoom, in: transaction)
    }

    func decide(
        _ message: Message<PaymentsCommand, PaymentsEvent>, on desk: inout PaymentsDesk, now: Timestamp
    ) -> Decision {
        desk.decide(message, now: now)
    }

    func changes(of desk: PaymentsDesk) -> [SQL] {
        guard let now = desk.now else { return [] }
        return parts.changes(of: Array(desk.files.values), now: now)
    }

    func committed(_ desk: PaymentsDesk) async {
        guard let now = desk.now else { return }
        await parts.follow(Array(desk.files.values), now: now)
    }
}
