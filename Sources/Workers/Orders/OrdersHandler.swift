import Marketplace
import PostgresClient
import Storage

/// Holds, and the state of an order.
struct OrdersHandler: ServiceHandler {
    let service = Service.orders
    let store: OrdersStore

    func command(_ type: String, _ payload: Payload) throws -> OrdersCommand {
        switch type {
        case CreateOrder.type: .createOrder(try payload.decode())
        case CancelOrder.type: .cancelOrder(try payload.decode())
        default: throw UnknownPayload(what: "the command \(type)")
        }
    }

    func event(_ type: EventType, _ payload: Payload) throws -> OrdersEvent? {
        switch type {
        case .userCreated, .userUpdated: .user(try payload.decode())
        case .ticketCreated, .ticketUpdated: .ticket(try payload.decode())
        case .orderExpired: .expired(try payload.decode())
        case .paymentAuthorized, .chargeCreated, .paymentFailed, .chargeRefunded: .payment(try payload.decode())
        case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded: nil
        }
    }

    func load(
        _ messages: [Message<OrdersCommand, OrdersEvent>], in transaction: PostgresTransaction
    ) async throws -> OrdersDesk {
        try await store.load(messages, in: transaction)
    }

    func decide(
        _ message: Message<OrdersCommand, OrdersEvent>, on desk: inout OrdersDesk, now: Timestamp
    ) -> Decision {
        desk.decide(message, now: now)
    }

    func changes(of desk: OrdersDesk) -> [SQL] { store.changes(of: desk) }
}
