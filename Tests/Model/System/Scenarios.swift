import Marketplace

extension Scenario {
    /// All scenarios, the fastest first.
    static let all = [
        Scenario(
            name: "payment",
            about: "one buyer pays for one unit, with a fault, a decline and a lapse at any moment",
            faults: 1, declines: 1, lapses: 1),
        Scenario(
            name: "two-buyers",
            about: "two buyers race for one unit",
            plannedOrders: [PlannedOrder(buyer: 0), PlannedOrder(buyer: 1)],
            moments: [.zero, Fixture.hold, Fixture.hold * 2, .seconds(3 * 3600)], orderingMoments: 2, checkouts: 1),
        Scenario(
            name: "refused-capture",
            about: "a card whose bank refuses the capture",
            isOrdered: true, faults: 2, badCards: 1),
        Scenario(
            name: "by-hand",
            about: "the page is closed in Stripe's dashboard, and the buyer checks out again",
            isOrdered: true, checkouts: 2, declines: 1, byHand: 1, hasWebhooks: true),
        Scenario(
            name: "webhooks",
            about: "webhooks are late, repeated and lost, and money is moved by hand",
            isOrdered: true, repeats: 1, byHand: 2, hasWebhooks: true),
        Scenario(
            name: "next-day",
            about: "faults, and no workers until Stripe has forgotten its keys",
            isOrdered: true, moments: Self.moments(untilNextDay: true), faults: 2),
        Scenario(
            name: "two-attempts",
            about: "one buyer checks out twice",
            isOrdered: true, faults: 1, checkouts: 2, lapses: 1),
        Scenario(
            name: "ban",
            about: "the buyer is banned while paying, and unbanned",
            repeats: 1, lapses: 1, bans: 2),
        Scenario(
            name: "copies",
            about: "events are repeated and reordered on their way to every copy",
            isOrdered: true, moments: [.zero, Fixture.hold, .seconds(3 * 3600)], repeats: 2, lapses: 1, bans: 2,
            appliesOrdersAtOnce: false),
        Scenario(
            name: "seller",
            about: "the seller lowers the quantity, withdraws the listing, and is banned",
            plannedOrders: [PlannedOrder(buyer: 0, quantity: 2), PlannedOrder(buyer: 1)], offered: 3,
            moments: [.zero, Fixture.hold, .seconds(3 * 3600)], checkouts: 0, bans: 1, banned: [nil],
            changes: [.quantity(1), .withdrawn(true)], appliesOrdersAtOnce: false),
        Scenario(
            name: "split-rule",
            about: "two buyers order two of five and must not leave one, while the seller changes the rule",
            plannedOrders: [PlannedOrder(buyer: 0, quantity: 2), PlannedOrder(buyer: 1, quantity: 2)], offered: 5,
            splitRule: .noSingle, moments: [.zero, Fixture.hold, .seconds(3 * 3600)], orderingMoments: 2, checkouts: 0,
            changes: [.quantity(4), .splitRule(.allTogether)], appliesOrdersAtOnce: false),
    ]
}
