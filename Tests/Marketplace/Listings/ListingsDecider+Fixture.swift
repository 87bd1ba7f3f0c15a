@testable import Marketplace

extension ListingsDecider {
    /// A decider with listings, and copies of the active users 90 (the seller) and 91.
    static func of(
        _ listings: Listing..., orders: [CountedOrder] = [], seller: UserState.Status? = .active
    ) -> ListingsDecider {
        let sellers = seller.map { [UserCopy(id: .n(90), status: $0, version: 3)] } ?? []
        return ListingsDecider(
            users: sellers + [UserCopy(id: .n(91), status: .active, version: 1)], listings: listings, orders: orders)
    }

    var isUnchanged: Bool {
        upsertedUsers.isEmpty && insertedListings.isEmpty && updatedListings.isEmpty && upsertedOrders.isEmpty
    }

    mutating func send(_ command: ListingsCommand, by actor: Actor = .user(.n(90)), at now: Timestamp = Fixture.now)
        -> Decision
    {
        decide(.command(Fixture.head(50, by: actor), command), now: now)
    }

    mutating func receive(_ event: ListingsEvent, at now: Timestamp = Fixture.now) -> Decision {
        decide(.event(Fixture.eventHead(), event), now: now)
    }
}

extension Listing {
    static func sample(_ state: ListingState = Fixture.listing(), held: Int = 0, sold: Int = 0) -> Listing {
        Listing(state: state, held: held, sold: sold)
    }
}

/// Titles, each with true if it is valid.
let titles: [(String, Bool)] = [
    ("Row 7", true), ("é", true), ("🎟️", true), (" x ", true), ("日本武道館", true),
    (String(repeating: "x", count: 200), true), (String(repeating: "𝄞", count: 200), true),
    ("", false), ("   ", false), ("\u{a0}\u{2003}", false), (String(repeating: "x", count: 201), false),
    (String(repeating: "🇨🇭", count: 101), false), ("e" + String(repeating: "\u{301}", count: 200), false),
    ("Row\u{0}7", false), ("Row\n7", false), ("Row\t7", false), ("Row\r\n7", false), ("\u{7f}", false),
    ("Row\u{85}7", false), ("Row\u{2028}7", false), ("Row\u{2029}7", false), ("\u{1b}[31mRow", false),
]
