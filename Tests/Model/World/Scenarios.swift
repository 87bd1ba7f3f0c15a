extension Scenario {
    /// All that are explored, each within its bound: the quick ones first.
    static let all = [
        Scenario(
            name: "payment",
            about: "one buyer, one unit, the whole way, with a fault, a decline and a lapse anywhere",
            faults: 1, declines: 1, lapses: 1),
        Scenario(
            name: "two-buyers",
            about: "two buyers race for one unit",
            wishes: [Wish(buyer: 0), Wish(buyer: 1)],
            moments: [.zero, Cast.hold, Cast.hold * 2, .seconds(3 * 3600)], ordering: 2, checkouts: 1),
        Scenario(
            name: "refused-capture",
            about: "a card whose bank refuses the capture",
            isOrdered: true, faults: 2, badCards: 1),
        Scenario(
            name: "by-hand",
            about: "someone closes the page in Stripe's dashboard, and the buyer checks out once more",
            isOrdered: true, checkouts: 2, declines: 1, byHand: 1, hasWebhooks: true),
        Scenario(
            name: "webhooks",
            about: "Stripe's webhooks late, repeated and lost, money moved by hand",
            isOrdered: true, repeats: 1, byHand: 2, hasWebhooks: true),
        Scenario(
            name: "next-day",
            about: "faults, and workers away until Stripe has forgotten its keys",
            isOrdered: true, moments: Self.moments(untilNextDay: true), faults: 2),
        Scenario(
            name: "two-attempts",
            about: "one buyer checks out twice",
            isOrdered: true, faults: 1, checkouts: 2, lapses: 1),
        Scenario(
            name: "ban",
            about: "the buyer is banned in the middle, and unbanned",
            repeats: 1, lapses: 1, bans: 2),
        Scenario(
            name: "copies",
            about: "events repeated and overtaken on their way to every copy",
            isOrdered: true, moments: [.zero, Cast.hold, .seconds(3 * 3600)], repeats: 2, lapses: 1, bans: 2,
            isTicketsPrompt: false),
        Scenario(
            name: "seller",
            about: "the seller lowers the number and withdraws meanwhile, and is banned",
            wishes: [Wish(buyer: 0, quantity: 2), Wish(buyer: 1)], offered: 3,
            moments: [.zero, Cast.hold, .seconds(3 * 3600)], checkouts: 0, bans: 1, banned: [nil],
            changes: [.quantity(1), .withdrawn(true)], isTicketsPrompt: false),
    ]
}
