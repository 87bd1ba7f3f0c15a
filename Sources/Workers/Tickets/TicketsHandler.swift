import Marketplace
import PostgresClient
import Storage

/// Listings, and what is taken of them.
struct TicketsHandler: ServiceHandler {
    let service = Service.tickets
    let store = TicketsStore()

    func command(_ type: String, _ payload: Payload) throws -> TicketsCommand {
        switch type {
        case CreateTicket.type: .createTicket(try payload.decode())
        case ChangeTicket.type: .changeTicket(try payload.decode())
        default: throw UnknownPayload(what: "the command \(type)")
        }
    }

    func event(_ type: EventType, _ payload: Payload) throws -> TicketsEvent? {
        switch type {
        case .userCreated, .userUpdated: .user(try payload.decode())
        case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded:
            .order(try payload.decode())
        default: nil
        }
    }

    func load(
        _ messages: [Message<TicketsCommand, TicketsEvent>], in transaction: PostgresTransaction
    ) async throws -> TicketsDesk {
        try await store.load(messages, in: transaction)
    }

    func decide(
        _ message: Message<TicketsCommand, TicketsEvent>, on desk: inout TicketsDesk, now: Timestamp
    ) -> Decision {
        desk.decide(message, now: now)
    }

    func changes(of desk: TicketsDesk) -> [SQL] { store.changes(of: desk) }
}
