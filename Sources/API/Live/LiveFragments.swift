import Logging
import Marketplace

/// The fragments of pages that are sent as they change.
struct LiveFragments: Sendable {
    let pages: Pages
    let logger: Logger

    /// Nil when it can't be made: then what is shown stays.
    func render(_ state: LiveState, for visitor: Visitor) -> [UInt8]? {
        do {
            switch state {
            case .ticket(let ticket):
                return Array(try pages.fragment("ticket-live", TicketPages.live(ticket, visitor)).utf8)
            case .order(let order):
                return Array(try pages.fragment("order-live", OrderPages.live(order, visitor)).utf8)
            }
        } catch {
            logger.error("a fragment can't be made", metadata: ["of": "\(state.name)", "error": "\(error)"])
            return nil
        }
    }
}
