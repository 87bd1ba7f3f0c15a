import Testing

@testable import Marketplace

/// Names that stand in streams and databases.
@Suite struct NamesTests {
    @Test func theEvents() {
        #expect(
            EventType.allCases.map(\.rawValue) == [
                "UserCreated", "UserUpdated", "TicketCreated", "TicketUpdated", "OrderCreated", "OrderConfirmed",
                "OrderCompleted", "OrderCancelled", "OrderRefunded", "OrderExpired", "PaymentAuthorized",
                "ChargeCreated", "PaymentFailed", "ChargeRefunded",
            ])
    }

    @Test func theRefusals() {
        #expect(
            Refusal.Code.allCases.map(\.rawValue) == [
                "invalid", "wrongCredentials", "signedOut", "forbidden", "banned", "notFound", "conflict", "emailTaken",
                "soldOut", "priceChanged", "withdrawn", "eventPast", "notPayable", "notCancellable", "staleVersion",
                "keyReused",
            ])
    }

    @Test func theServicesAndWhoseEventsTheyFollow() {
        #expect(Service.allCases.map(\.rawValue) == ["users", "tickets", "orders", "payments", "expiration"])
        #expect(Service.users.follows == [])
        #expect(Service.tickets.follows == [.users, .orders])
        #expect(Service.orders.follows == [.users, .tickets, .payments, .expiration])
        #expect(Service.payments.follows == [.orders])
        #expect(Service.expiration.follows == [.orders])
    }

    @Test func nothingIsForgottenBeforeAllFollowersHaveReadIt() {
        #expect(Service.users.followers == [.tickets, .orders])
        #expect(Service.tickets.followers == [.orders])
        #expect(Service.orders.followers == [.tickets, .payments, .expiration])
        #expect(Service.payments.followers == [.orders])
        #expect(Service.expiration.followers == [.orders])
    }

    @Test func theClockAloneHasNoSchema() {
        #expect(Service.allCases.filter { !$0.hasSchema } == [.expiration])
    }

    @Test(
        arguments: [
            (.nobody, "-"), (.user(.n(1)), "01980000-0000-7000-8000-000000000001"), (.operator, "operator"),
            (.stripe, "stripe"),
        ] as [(Actor, String)])
    func whoAsks(actor: Actor, text: String) {
        #expect(actor.text == text)
        #expect(Actor(text: text) == actor)
    }

    @Test func nobodyElseAsks() {
        #expect(Actor(text: "") == .nobody)
        for text in ["admin", "Operator", "stripe ", "--", "01980000-0000-7000-8000-00000000000"] {
            #expect(Actor(text: text) == nil)
        }
        #expect(Actor.user(.n(1)).userID == .n(1))
        #expect(Actor.operator.userID == nil && Actor.nobody.userID == nil && Actor.stripe.userID == nil)
    }

    @Test func aRefusalSaysWhatItIsAboutAndLeavesOutWhatItIsNot() throws {
        try expectGolden(
            Refusal(.priceChanged, "It is 2600 now.", field: "price", price: 2600),
            #"{"code":"priceChanged","field":"price","message":"It is 2600 now.","price":2600}"#)
        try expectGolden(Refusal(.notFound, "None."), #"{"code":"notFound","message":"None."}"#)
    }

    @Test func nothingToSayIsAnEmptyObject() throws {
        try expectGolden(Verdict.Empty(), "{}")
    }
}
