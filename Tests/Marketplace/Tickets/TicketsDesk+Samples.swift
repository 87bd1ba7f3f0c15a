@testable import Marketplace

extension TicketsDesk {
    /// Of listings, with the copies of a seller (90) and of someone else (91), both active.
    static func of(
        _ listings: Listing..., orders: [CountedOrder] = [], seller: UserState.Status? = .active
    ) -> TicketsDesk {
        let sellers = seller.map { [UserCopy(id: .n(90), status: $0, version: 3)] } ?? []
        return TicketsDesk(
            users: sellers + [UserCopy(id: .n(91), status: .active, version: 1)], listings: listings, orders: orders)
    }

    var isUnchanged: Bool {
        changedUsers.isEmpty && newListings.isEmpty && changedListings.isEmpty && changedOrders.isEmpty
    }

    mutating func ask(_ command: TicketsCommand, by actor: Actor = .user(.n(90)), at now: Timestamp = Sample.now)
        -> Decision
    {
        decide(.command(Sample.head(50, by: actor), command), now: now)
    }

    mutating func tell(_ event: TicketsEvent, at now: Timestamp = Sample.now) -> Decision {
        decide(.event(Sample.eventHead(), event), now: now)
    }
}

extension Listing {
    static func sample(_ state: TicketState = Sample.ticket(), held: Int = 0, sold: Int = 0) -> Listing {
        Listing(state: state, held: held, sold: sold)
    }
}

/// Titles, and whether a listing can have them.
let titles: [(String, Bool)] = [
    ("Row 7", true), ("é", true), ("🎟️", true), (" x ", true), ("日本武道館", true),
    (String(repeating: "x", count: 200), true), (String(repeating: "𝄞", count: 200), true),
    ("", false), ("   ", false), ("\u{a0}\u{2003}", false), (String(repeating: "x", count: 201), false),
    (String(repeating: "🇨🇭", count: 101), false), ("e" + String(repeating: "\u{301}", count: 200), false),
    ("Row\u{0}7", false), ("Row\n7", false), ("Row\t7", false), ("Row\r\n7", false), ("\u{7f}", false),
    ("Row\u{85}7", false), ("Row\u{2028}7", false), ("Row\u{2029}7", false), ("\u{1b}[31mRow", false),
]
