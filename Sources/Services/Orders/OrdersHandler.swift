import Marketplace
import PostgresClient
import Storage

/// Handles commands about orders, and events of users, listings, expiries and payments.
struct OrdersHandler: ServiceHandler {
    let service = ServiceName.orders
    let store: OrdersStore
    /// Two workers may at the same time handle the first two events of one listing, or sell one seat that two listings
    /// offer.
    let raceKeys: Set<String> = ["tickets_pkey", "seat_sales_pkey"]

    func command(_ type: String, _ payload: Payload) throws -> OrdersCommand {
        switch type {
        case CreateOrder.type: .createOrder(try payload.decode())
        case CancelOrder.type: .cancelOrder(try payload.decode())
        case ExpireOrder.type: .expireOrder(try payload.decode())
        case UnfreezeOrder.type: .unfreezeOrder(try payload.decode())
        default: throw UnknownPayload(what: "the command \(type)")
        }
    }

    func event(_ type: EventType, _ payload: Payload) throws -> OrdersEvent? {
        switch type {
        case .userCreated, .userUpdated: .user(try payload.decode())
        case .ticketCreated, .ticketUpdated: .listing(try payload.decode())
        case .orderExpired: .expired(try payload.decode())
        case .paymentAuthorized, .chargeCreated, .paymentFailed, .chargeRefunded: .payment(try payload.decode())
        default: nil
        }
    }

    func event(_ slice: WorkSlice) -> OrdersEvent? {
        switch slice.work.kind {
        case .endHolds: .endHolds(slice)
        case .endHoldsOfListing: .endHoldsOfListing(slice)
        case .endHoldsOfCancelledEvent: .endHoldsOfCancelledEvent(slice)
        case .freezeOrders: .freezeOrders(slice)
        case .unfreezeOrders: .unfreezeOrders(slice)
        default: nil
        }
    }

    func work(of state: OrdersDecider) -> WorkChanges { state.work }

    func subjects(of command: OrdersCommand) -> [String] {
        switch command {
        case .createOrder(let command): [command.ticketId.description]
        case .cancelOrder(let command): [command.orderId.description]
        case .expireOrder(let command): [command.subject.description]
        case .unfreezeOrder(let command): [command.orderId.description]
        }
    }

    func load(
        _ messages: [Message<OrdersCommand, OrdersEvent>], in transaction: PostgresTransaction
    ) async throws -> OrdersDecider {
        try await store.load(messages, in: transaction)
    }

    func decide(
        _ message: Message<OrdersCommand, OrdersEvent>, on state: inout OrdersDecider, now: Timestamp
    ) -> Decision {
        state.decide(message, now: now)
    }

    func changes(of state: OrdersDecider) -> [SQL] { store.changes(of: state) }
}
