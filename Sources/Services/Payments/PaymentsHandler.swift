import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe

/// Handles payment commands and the events of orders. It decides and commits calls to Stripe; an ``EffectRunner`` sends
/// them.
struct PaymentsHandler: ServiceHandler {
    let service = ServiceName.payments
    /// The first two events of an order may be handled at the same time, and then both insert the copy of the order.
    let raceKeys: Set<String> = ["orders_pkey"]
    private let dependencies: PaymentsDependencies

    init(_ dependencies: PaymentsDependencies) { self.dependencies = dependencies }

    func command(_ type: String, _ payload: Payload) throws -> PaymentsCommand {
        switch type {
        case StartPayment.type: .startPayment(try payload.decode())
        case ReceiveStripeEvent.type: .receiveStripeEvent(try payload.decode())
        case CheckPayment.type: .checkPayment(try payload.decode())
        case RetryPayment.type: .retryPayment(try payload.decode())
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

    func subjects(of command: PaymentsCommand) -> [String] {
        switch command {
        case .startPayment(let command): [command.orderId.description]
        case .checkPayment(let command): [command.orderId.description]
        case .receiveStripeEvent, .retryPayment: []
        }
    }

    func load(
        _ messages: [Message<PaymentsCommand, PaymentsEvent>], in transaction: PostgresTransaction
    ) async throws -> PaymentsDecider {
        try await dependencies.store.load(messages, leasing: dependencies.queue.hasRoom, in: transaction)
    }

    func decide(
        _ message: Message<PaymentsCommand, PaymentsEvent>, on state: inout PaymentsDecider, now: Timestamp
    ) -> Decision {
        state.decide(message, now: now)
    }

    func changes(of state: PaymentsDecider) -> [SQL] {
        guard let now = state.now else { return [] }
        return dependencies.changes(of: Array(state.payments.values), now: now)
    }

    func committed(_ state: PaymentsDecider) async {
        guard let now = state.now else { return }
        await dependencies.afterCommit(of: Array(state.payments.values), now: now)
    }
}
