import Marketplace
import PostgresClient
import Storage
import Streams

/// Handles commands about the catalogue. The engine writes the copies of users.
struct CatalogueHandler: ServiceHandler {
    let service = ServiceName.catalogue
    let store = CatalogueStore()
    /// Simultaneous proposals may name the same new performer, or the same event, venue and time.
    let raceKeys: Set<String> = ["performers_key", "performances_once"]

    func command(_ type: String, _ payload: Payload) throws -> CatalogueCommand {
        switch type {
        case ProposePerformance.type: .propose(try payload.decode())
        case ApproveProposal.type: .approve(try payload.decode())
        case RejectProposal.type: .reject(try payload.decode())
        case ChangeShow.type: .changeShow(try payload.decode())
        case ChangeVenue.type: .changeVenue(try payload.decode())
        case RenamePerformer.type: .renamePerformer(try payload.decode())
        case PostponePerformance.type: .postpone(try payload.decode())
        case ReschedulePerformance.type: .reschedule(try payload.decode())
        case CancelPerformance.type: .cancel(try payload.decode())
        case MergeEntries.type: .merge(try payload.decode())
        case KeepBothPerformances.type: .keepBoth(try payload.decode())
        case ImportPerformances.type: .importPerformances(try payload.decode())
        default: throw UnknownPayload(what: "the command \(type)")
        }
    }

    func event(_ slice: WorkSlice) -> CatalogueEvent? {
        switch slice.work.kind {
        case .refreshPerformancesOfShow: .refreshPerformancesOfShow(slice)
        case .refreshPerformancesAtVenue: .refreshPerformancesAtVenue(slice)
        case .refreshShowsOfPerformer: .refreshShowsOfPerformer(slice)
        default: nil
        }
    }

    func work(of state: CatalogueDecider) -> WorkChanges { state.work }

    func load(
        _ messages: [Message<CatalogueCommand, CatalogueEvent>], in transaction: PostgresTransaction
    ) async throws -> CatalogueDecider {
        try await store.load(messages, in: transaction)
    }

    func decide(
        _ message: Message<CatalogueCommand, CatalogueEvent>, on state: inout CatalogueDecider, now: Timestamp
    ) -> Decision {
        state.decide(message, now: now)
    }

    func changes(of state: CatalogueDecider) -> [SQL] { store.changes(of: state) }
}
