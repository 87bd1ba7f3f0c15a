import FoundationEssentials

@testable import Marketplace

extension Identifier {
    /// Returns a fixed version 7 id for each number. Ids sort like their numbers.
    static func n(_ number: UInt64) -> Identifier {
        Identifier(UUID(high: 0x0198_0000_0000_7000, low: 0x8000_0000_0000_0000 | number))
    }
}

extension TokenHash {
    static func n(_ number: UInt8) -> TokenHash { sample(UInt64(number)) }

    static func sample(_ number: UInt64) -> TokenHash {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
        return TokenHash(bytes: [UInt8](repeating: 0xab, count: 24) + bytes)!
    }
}

/// Default values of the tests.
enum Fixture {
    /// 2026-08-01 12:00 UTC.
    static let now = Timestamp(seconds: 1_785_585_600)

    static func head(_ id: UInt64, by actor: Actor, at time: Timestamp = now) -> CommandHead {
        CommandHead(id: .n(id), actor: actor, at: time)
    }

    static func eventHead(version: Int64 = 1) -> EventHead { EventHead(id: .n(1), version: version, at: now) }

    /// The details of a show that starts 30 days after ``now``.
    static let show = ShowDetails(
        venue: "Harpa", city: "Reykjavík", startsAt: now + .seconds(30 * 86_400), timeZone: "Atlantic/Reykjavik",
        section: "Balcony", row: "7", note: "Two together.\nNo re-entry.")

    static func listing(
        _ id: UInt64 = 1, seller: UInt64 = 90, price: Int64 = 2500, currency: Currency = .usd, quantity: Int = 3,
        splitRule: SplitRule? = nil, details: ShowDetails = ShowDetails(), withdrawn: Bool = false, version: Int64 = 1
    ) -> ListingState {
        ListingState(
            id: .n(id), sellerId: .n(seller), title: "Row 7", price: price, currency: currency, quantity: quantity,
            splitRule: splitRule, details: details, withdrawn: withdrawn, version: version, createdAt: now,
            updatedAt: now)
    }

    static func order(
        _ id: UInt64 = 1, buyer: UInt64 = 1, listing: UInt64 = 1, quantity: Int = 2, price: Int64 = 2500,
        details: ShowDetails = ShowDetails(), status: OrderState.Status = .awaitingPayment,
        reason: OrderState.Reason? = nil, attempt: Int? = nil,
        version: Int64 = 1
    ) -> OrderState {
        OrderState(
            id: .n(id), userId: .n(buyer), ticketId: .n(listing), ticketTitle: "Row 7", details: details,
            quantity: quantity, price: price, total: price * Int64(quantity), currency: .usd, status: status,
            reason: reason, attempt: attempt,
            expiresAt: now + OrdersRules.defaultHoldLength, createdAt: now, updatedAt: now, version: version)
    }
}
