import Marketplace
import PostgresClient
import Storage
import Streams

/// Handles commands about listings, and events of users, orders and performances.
struct ListingsHandler: ServiceHandler {
    let service = ServiceName.listings
    /// A handler for repairs needs no limits, since it puts nothing on sale.
    var store = ListingsStore(limits: .unlimited)
    /// Opens reports, which pass through Redis encrypted. A handler for repairs needs no seal.
    var seal: CommandSeal?
    /// Two workers may violate these constraints if they handle the first two events of an order or a performance at
    /// the same time, or let two listings claim one seat.
    let raceKeys: Set<String> = ["orders_pkey", "performances_pkey", "seats_claimed_once"]

    func command(_ type: String, _ payload: Payload) throws -> ListingsCommand {
        let payload = try payload.opened(with: seal, of: type)
        return switch type {
        case CreateListing.type: .createListing(try payload.decode())
        case ChangeListing.type: .changeListing(try payload.decode())
        case SaveDraft.type: .saveDraft(try payload.decode())
        case DeleteDraft.type: .deleteDraft(try payload.decode())
        case CloseListing.type: .closeListing(try payload.decode())
        case TakeDownListing.type: .takeDownListing(try payload.decode())
        case PutBackListing.type: .putBackListing(try payload.decode())
        case ReportListing.type: .reportListing(try payload.decode())
        case DismissReports.type: .dismissReports(try payload.decode())
        case ApplyPricing.type: .applyPricing(try payload.decode())
        default: throw UnknownPayload(what: "the command \(type)")
        }
    }

    func event(_ type: EventType, _ payload: Payload) throws -> ListingsEvent? {
        switch type {
        case .userCreated, .userUpdated: .user(try payload.decode())
        case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded:
            .order(try payload.decode())
        case .performanceCreated, .performanceUpdated: .performance(try payload.decode())
        default: nil
        }
    }

    func event(_ slice: WorkSlice) -> ListingsEvent? {
        switch slice.work.kind {
        case .withdrawListings: .withdrawListings(slice)
        case .followPerformance: .followPerformance(slice)
        case .checkPolicies: .checkPolicies(slice)
        default: nil
        }
    }

    func work(of state: ListingsDecider) -> WorkChanges { state.work }

    func subjects(of command: ListingsCommand) -> [String] {
        switch command {
        case .createListing: []
        case .saveDraft(let command): [command.draftId.description]
        case .deleteDraft(let command): [command.draftId.description]
        case .changeListing(let command): [command.ticketId.description]
        case .closeListing(let command): [command.subject.description]
        case .takeDownListing(let command): [command.ticketId.description]
        case .putBackListing(let command): [command.ticketId.description]
        case .reportListing(let command): [command.ticketId.description]
        case .dismissReports(let command): [command.ticketId.description]
        case .applyPricing: []
        }
    }

    func load(
        _ messages: [Message<ListingsCommand, ListingsEvent>], in transaction: PostgresTransaction
    ) async throws -> ListingsDecider {
        try await store.load(messages, in: transaction)
    }

    func decide(
        _ message: Message<ListingsCommand, ListingsEvent>, on state: inout ListingsDecider, now: Timestamp
    ) -> Decision {
        state.decide(message, now: now)
    }

    func changes(of state: ListingsDecider) -> [SQL] { store.changes(of: state) }
}
