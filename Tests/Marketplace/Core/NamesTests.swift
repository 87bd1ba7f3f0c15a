import Testing

@testable import Marketplace

/// Names that are stored in streams and databases.
@Suite struct NamesTests {
    @Test func eventTypesKeepTheirStoredNames() throws {
        let types: [EventType] = [
            .userCreated, .userUpdated, .ticketCreated, .ticketUpdated, .orderCreated, .orderConfirmed,
            .orderCompleted, .orderCancelled, .orderRefunded, .orderExpired, .paymentAuthorized, .chargeCreated,
            .paymentFailed, .chargeRefunded, .showCreated, .showUpdated, .venueCreated, .venueUpdated,
            .performerCreated, .performerUpdated, .performanceCreated, .performanceUpdated,
        ]
        #expect(
            types.map(\.rawValue) == [
                "UserCreated", "UserUpdated", "TicketCreated", "TicketUpdated", "OrderCreated", "OrderConfirmed",
                "OrderCompleted", "OrderCancelled", "OrderRefunded", "OrderExpired", "PaymentAuthorized",
                "ChargeCreated", "PaymentFailed", "ChargeRefunded", "EventCreated", "EventUpdated", "VenueCreated",
                "VenueUpdated", "PerformerCreated", "PerformerUpdated", "PerformanceCreated", "PerformanceUpdated",
            ])
        try expectGolden(["type": EventType.orderCreated], #"{"type":"OrderCreated"}"#)
    }

    @Test func refusalCodesKeepTheirNames() {
        #expect(
            Refusal.Code.allCases.map(\.rawValue) == [
                "invalid", "wrongCredentials", "lotDoesNotSplit", "seatsNotTogether", "signedOut", "forbidden",
                "banned", "notFound", "conflict", "emailTaken", "soldOut", "quantityNotOffered", "splitBusy",
                "seatTaken", "seatNotYours", "tooManyHolds", "tooManyUnits", "holdsLapsed", "newSellerLimit",
                "priceAboveCap", "priceChanged", "withdrawn", "eventPast", "notPayable", "notCancellable",
                "staleVersion",
                "keyReused",
            ])
    }

    @Test func serviceNamesKeepTheirStoredNames() throws {
        let names: [ServiceName] = [.users, .listings, .orders, .payments, .expiration, .catalogue]
        #expect(names.map(\.rawValue) == ["users", "tickets", "orders", "payments", "expiration", "catalogue"])
        #expect(names.map(\.description) == names.map(\.rawValue))
        try expectGolden(["service": ServiceName.listings], #"{"service":"tickets"}"#)
    }

    @Test func serviceNamesAreShortLowerCaseASCII() {
        for text in ["a", "orders", "orders_2", "seat_maps", String(repeating: "x", count: 40)] {
            #expect(ServiceName(rawValue: text)?.rawValue == text)
        }
        for text in [
            "", "2", "_a", "a-b", "Orders", "or ders", "orders}", "ördérs", "orders\n",
            String(repeating: "x", count: 41),
        ] {
            #expect(ServiceName(rawValue: text) == nil)
        }
    }

    @Test func topologyListsFollowersInDeclarationOrder() {
        let topology = ServiceTopology([
            .init(name: .users), .init(name: .orders, follows: [.users, .expiration]),
            .init(name: .expiration, follows: [.orders], hasSchema: false), .init(name: .payments, follows: [.orders]),
        ])
        #expect(topology.names == [.users, .orders, .expiration, .payments])
        #expect(topology.withSchema == [.users, .orders, .payments])
        #expect(topology.follows(.orders) == [.users, .expiration])
        #expect(topology.followers(of: .orders) == [.expiration, .payments])
        #expect(topology.follows(.listings) == [] && topology.followers(of: .listings) == [])
        #expect(topology.named("orders") == .orders && topology.named("tickets") == nil)
    }

    @Test(
        arguments: [
            (.nobody, "-"), (.user(.n(1)), "01980000-0000-7000-8000-000000000001"), (.operator, "operator"),
            (.stripe, "stripe"),
        ] as [(Actor, String)])
    func actorsKeepTheirTexts(actor: Actor, text: String) {
        #expect(actor.text == text)
        #expect(Actor(text: text) == actor)
    }

    @Test func otherTextsAreNoActor() {
        #expect(Actor(text: "") == .nobody)
        for text in ["admin", "Operator", "stripe ", "--", "01980000-0000-7000-8000-00000000000"] {
            #expect(Actor(text: text) == nil)
        }
        #expect(Actor.user(.n(1)).userID == .n(1))
        #expect(Actor.operator.userID == nil && Actor.nobody.userID == nil && Actor.stripe.userID == nil)
    }

    @Test func refusalsEncodeOnlyTheirMembers() throws {
        try expectGolden(
            Refusal(.priceChanged, "It is 2600 now.", field: "price", price: 2600),
            #"{"code":"priceChanged","field":"price","message":"It is 2600 now.","price":2600}"#)
        try expectGolden(Refusal(.notFound, "None."), #"{"code":"notFound","message":"None."}"#)
        // Version 0.9 can't decode the code `holdsLapsed`, so `code` has a value that it knows.
        try expectGolden(
            Refusal(.holdsLapsed, "Later.", retryAt: Fixture.now),
            #"{"code":"conflict","exactCode":"holdsLapsed","message":"Later.","retryAt":"2026-08-01T12:00:00.000Z"}"#)
    }

    @Test func emptyRepliesAreEmptyObjects() throws {
        try expectGolden(Decision.EmptyReply(), "{}")
    }
}
