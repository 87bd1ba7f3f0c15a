import Logging
import Marketplace

/// Renders the page fragments that change.
struct LiveFragments: Sendable {
    let pages: Pages
    let logger: Logger

    /// Returns `nil` if rendering fails: the browser then keeps the previous fragment.
    func render(_ state: LiveState, for visitor: Visitor) -> [UInt8]? {
        do {
            switch state {
            case .listing(let listing):
                return Array(try pages.fragment("listing-live", ListingPages.live(listing, visitor)).utf8)
            case .order(let order):
                return Array(try pages.fragment("order-live", OrderPages.live(order, visitor)).utf8)
            }
        } catch {
            logger.error("Could not render a fragment", metadata: ["kind": "\(state.name)", "error": "\(error)"])
            return nil
        }
    }
}
