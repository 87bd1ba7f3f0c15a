import Foundation
import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// The seats of listings and their claims, with the real tables.
@Suite(.timeLimit(.minutes(2))) struct SeatStoreTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let other = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let first = Self.performance()

    init() async throws {
        harness = try await ServiceHarness(ListingsHandler())
        for user in [seller, other] { try await harness.deliver(.user(user), from: .users) }
        try await deliver(first)
    }

    private static func performance(
        _ id: PerformanceID = .new(), version: Int64 = 1, into winner: PerformanceID? = nil
    ) -> PerformanceState {
        PerformanceState(
            id: id, eventId: .new(), title: "Vespertine", category: .concert, performers: ["Björk"], venueId: .new(),
            venue: VenueDetails(name: "Harpa", city: "Reykjavík", country: "IS", timeZone: "Atlantic/Reykjavik"),
            times: PerformanceTimes(startsAt: .now() + .seconds(30 * 86_400)),
            status: winner == nil ? .scheduled : .merged, mergedInto: winner, proposedBy: nil, version: version,
            createdAt: .now(), updatedAt: .now())
    }

    private func deliver(_ states: PerformanceState...) async throws {
        for state in states { try await harness.deliver(state.announcement, from: .catalogue) }
        try await harness.drain()
    }

    private func create(_ seats: [String], at performance: PerformanceState? = nil, rule: SplitRule? = nil)
        -> CreateListing
    {
        CreateListing(
            title: "", price: 2500, currency: .usd, quantity: seats.count, splitRule: rule, seats: seats,
            performanceId: (performance ?? first).id, performanceVersion: 1,
            details: ShowDetails(section: "B", row: "7"), userVersion: 1)
    }

    private func list(
        _ seats: [String], by user: UserState? = nil, at performance: PerformanceState? = nil
    ) async throws -> (ListingID, Refusal.Code?) {
        let id = try await harness.send(create(seats, at: performance), actor: .user((user ?? seller).id))
        try await harness.drain()
        return (ListingID(id.uuid), try await harness.refusal(of: id))
    }

    private func change(_ listing: ListingID, withdrawn: Bool, by user: UserState? = nil) async throws -> Refusal.Code?
    {
        let id = try await harness.send(
            ChangeListing(ticketId: listing, withdrawn: withdrawn, userVersion: 1), actor: .user((user ?? seller).id))
        try await harness.drain()
        return try await harness.refusal(of: id)
    }

    private func read(_ id: ListingID) async throws -> Listing {
        try #require(try await ListingReads(harness.pool).listing(id))
    }

    /// Delivers the events of an order of some units: one for each status, with increasing versions.
    private func order(
        _ id: OrderID = .new(), of listing: ListingID, _ units: [Int], buyer: UserState? = nil, from version: Int64 = 1,
        _ statuses: OrderState.Status...
    ) async throws {
        for (index, status) in statuses.enumerated() {
            let state = OrderState(
                id: id, userId: (buyer ?? other).id, ticketId: listing, ticketTitle: "", quantity: units.count,
                units: units, seats: units.map(String.init), price: 2500, total: 2500 * Int64(units.count),
                currency: .usd, status: status, reason: status == .cancelled ? .expired : nil, attempt: nil,
                expiresAt: .now(), createdAt: .now(), updatedAt: .now(), version: version + Int64(index))
            try await harness.deliver(state.announcement, from: .orders)
        }
        try await harness.drain()
    }

    private func claims() async throws -> Int {
        try await harness.number("SELECT count(*) FROM tickets.seats WHERE claimed")
    }

    @Test func aListingWithSeatsIsStoredAndAnnounced() async throws {
        let (id, refusal) = try await list(["11", "12", "13"])
        #expect(refusal == nil)
        let stored = try await read(id)
        #expect(stored.state.seats == ["11", "12", "13"].map { Seat(name: $0, sale: 1) } && stored.free == 0b111)
        let body = try await harness.pool.query("SELECT body::text FROM tickets.outbox")[0].decode(String.self)
        #expect(try JSONDecoder().decode(ListingState.self, from: Data(body.utf8)) == stored.state)
        #expect(try await harness.number("SELECT count(*) FROM tickets.seats WHERE seat_key LIKE 'b%7%1_'") == 3)

        let seen = OrderID.new()
        try await order(seen, of: id, [2, 3], .awaitingPayment)
        #expect(try await read(id).representation.availableSeats == ["11"])
        #expect(try await read(id).representation.splits == [1])
        try await order(seen, of: id, [2, 3], from: 2, .cancelled)
        #expect(try await read(id).free == 0b111)
    }

    /// The second transaction waits for the lock on the performance.
    @Test func oneOfTwoSellersListsASeat() async throws {
        let another = try await ServiceHarness(ListingsHandler(), sharing: harness)
        let one = try await harness.send(create(["11", "12"]), actor: .user(seller.id))
        let batch = try #require(try await harness.consumer.next())
        let two = try await harness.send(create(["12", "13"]), actor: .user(other.id))
        let second = try #require(try await another.consumer.next())
        let workers = try await harness.holdingCommits {
            let one = Task { try await harness.handle(batch) }
            try await harness.waitForLocks(1)
            let two = Task { try await another.handle(second) }
            try await harness.waitForLocks(2)
            return [one, two]
        }
        for worker in workers { try await worker.value }
        #expect(try await harness.refusal(of: one) == nil)
        #expect(try await harness.refusal(of: two) == .seatTaken)
        #expect(try await claims() == 2)
    }

    /// Only the unique index keeps two withdrawn listings from going back on sale at the same time.
    @Test func oneOfTwoWithdrawnListingsGoesBackOnSale() async throws {
        let (mine, _) = try await list(["12"])
        #expect(try await change(mine, withdrawn: true) == nil)
        let (theirs, refusal) = try await list(["12"], by: other)
        #expect(refusal == nil)
        #expect(try await change(theirs, withdrawn: true, by: other) == nil)
        #expect(try await claims() == 0)

        let another = try await ServiceHarness(ListingsHandler(), sharing: harness)
        let one = try await harness.send(
            ChangeListing(ticketId: mine, withdrawn: false, userVersion: 1), actor: .user(seller.id))
        let batch = try #require(try await harness.consumer.next())
        let two = try await harness.send(
            ChangeListing(ticketId: theirs, withdrawn: false, userVersion: 1), actor: .user(other.id))
        let second = try #require(try await another.consumer.next())
        let workers = try await harness.holdingCommits {
            let one = Task { try await harness.handle(batch) }
            try await harness.waitForLocks(1)
            let two = Task { try await another.handle(second) }
            try await harness.waitForLocks(2)
            return [one, two]
        }
        for worker in workers { try await worker.value }
        let refusals = [try await harness.refusal(of: one), try await harness.refusal(of: two)]
        #expect(refusals.compactMap(\.self) == [.seatTaken])
        #expect(try await claims() == 1)
        #expect(try await harness.deadLetterCount() == 0)
    }

    @Test func aHeldSeatOfAWithdrawnListingCannotBeListed() async throws {
        let (id, _) = try await list(["11", "12"])
        let hold = OrderID.new()
        try await order(hold, of: id, [2], .awaitingPayment)
        #expect(try await change(id, withdrawn: true) == nil)
        #expect(try await claims() == 1)
        #expect(try await list(["11"], by: other).1 == nil)
        #expect(try await list(["12"], by: other).1 == .seatTaken)
        try await order(hold, of: id, [2], from: 2, .cancelled)
        #expect(try await list(["12"], by: other).1 == nil)
        #expect(try await change(id, withdrawn: false) == .seatTaken)
    }

    @Test func theBuyerListsTheSeatAgainAndNobodyElse() async throws {
        let (id, _) = try await list(["12"])
        try await order(of: id, [1], .awaitingPayment, .confirmed)
        #expect(try await list(["12"], by: other).1 == .seatTaken)
        try await order(of: id, [1], .awaitingPayment, .confirmed, .complete)
        #expect(try await list(["12"]).1 == .seatNotYours)
        let (again, refusal) = try await list(["12", "13"], by: other)
        #expect(refusal == nil)
        #expect(try await read(again).state.seats == [Seat(name: "12", sale: 2), Seat(name: "13", sale: 1)])
        #expect(try await list(["12"]).1 == .seatTaken)
    }

    @Test func aRefundedSeatCanBeListedByAnyone() async throws {
        let (id, _) = try await list(["12"])
        let sold = OrderID.new()
        try await order(sold, of: id, [1], .awaitingPayment, .confirmed, .complete)
        #expect(try await list(["12"]).1 == .seatNotYours)
        try await order(sold, of: id, [1], from: 4, .refunded)
        let (again, refusal) = try await list(["12"])
        #expect(refusal == nil)
        #expect(try await read(again).state.seats == [Seat(name: "12", sale: 2)])
        #expect(try await list(["12"], by: other).1 == .seatTaken)
        #expect(try await ListingsRepair(pool: harness.pool).wrongCounts(limit: 10).isEmpty)
    }

    /// The owner of a ticket finds that somebody else has sold the ticket's seat.
    @Test func aSeatThatAScamSoldCanBeListedByAnyone() async throws {
        let (scam, _) = try await list(["12"])
        try await order(of: scam, [1], .awaitingPayment, .confirmed, .complete)
        let owner = UserState(id: .new(), status: .active, role: .member, version: 1)
        try await harness.deliver(.user(owner), from: .users)
        #expect(try await list(["12"], by: owner).1 == .seatNotYours)
        #expect(try await moderate(TakeDownListing(ticketId: scam, reason: .scam)) == nil)
        let (real, refusal) = try await list(["12"], by: owner)
        #expect(refusal == nil)
        #expect(try await read(real).state.seats == [Seat(name: "12", sale: 2)])
        let putBack = PutBackListing(ticketId: scam, sellerId: seller.id)
        #expect(try await moderate(putBack) == .conflict)
        #expect(try await change(real, withdrawn: true, by: owner) == nil)
        #expect(try await moderate(putBack) == nil)
        // The buyer of the listing that was put back has the seat again.
        #expect(try await change(real, withdrawn: false, by: owner) == .seatTaken)
        #expect(try await list(["12"], by: owner).1 == .seatNotYours)
        #expect(try await ListingsRepair(pool: harness.pool).wrongCounts(limit: 10).isEmpty)
    }

    private func moderate(_ command: some CommandPayload) async throws -> Refusal.Code? {
        let id = try await harness.send(command, actor: .operator)
        try await harness.drain()
        return try await harness.refusal(of: id)
    }

    /// The listing was withdrawn before this service learned of the order, and then the seat was listed again.
    @Test func aPaidOrderSuspendsTheListingThatClaimsItsSeat() async throws {
        let (id, _) = try await list(["12"])
        #expect(try await change(id, withdrawn: true) == nil)
        let (rival, refusal) = try await list(["12", "13"], by: other)
        #expect(refusal == nil)
        let sold = OrderID.new()
        try await order(sold, of: id, [1], .awaitingPayment)
        #expect(try await read(rival).state.withdrawn == false)
        try await order(sold, of: id, [1], from: 2, .confirmed)
        let suspended = try await read(rival).state
        #expect(suspended.withdrawn && suspended.suspended?.reason == .seatsTaken)
        #expect(
            try await harness.number(
                "SELECT count(*) FROM tickets.seats WHERE claimed AND ticket_id = \(id)") == 1)
        #expect(try await claims() == 1)
        #expect(try await change(rival, withdrawn: false, by: other) == .seatTaken)
        try await order(sold, of: id, [1], from: 3, .cancelled)
        #expect(try await change(rival, withdrawn: false, by: other) == nil)
        #expect(try await claims() == 2)
    }

    @Test func seatsMoveWithAMergedPerformance() async throws {
        let winner = Self.performance()
        try await deliver(winner)
        let (free, _) = try await list(["1", "2"])
        let (conflicting, _) = try await list(["11", "12"])
        #expect(try await list(["12", "13"], by: other, at: winner).1 == nil)
        try await deliver(Self.performance(first.id, version: 2, into: winner.id))
        try await harness.runWork()
        #expect(try await read(free).state.withdrawn == false)
        let moved = try await read(conflicting).state
        #expect(moved.performanceId == winner.id && moved.withdrawn && moved.suspended?.reason == .seatsTaken)
        #expect(
            try await harness.number(
                "SELECT count(*) FROM tickets.seats WHERE performance_id = \(winner.id) AND claimed") == 4)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
    }

    /// The seat was sold at one performance and offered at the other when they were merged.
    @Test func aSoldSeatIsClaimedWhenTheOtherListingEnds() async throws {
        let winner = Self.performance()
        try await deliver(winner)
        let (sold, _) = try await list(["11"])
        try await order(of: sold, [1], .awaitingPayment, .confirmed, .complete)
        let (offered, _) = try await list(["11", "12"], by: other, at: winner)
        try await deliver(Self.performance(first.id, version: 2, into: winner.id))
        try await harness.runWork()
        #expect(try await read(sold).state.performanceId == winner.id)
        let repair = ListingsRepair(pool: harness.pool)
        #expect(try await repair.wrongCounts(limit: 10).isEmpty)
        #expect(try await change(offered, withdrawn: true, by: other) == nil)
        #expect(try await repair.wrongCounts(limit: 10).isEmpty)
        #expect(try await claims() == 1)
        #expect(try await list(["11"], at: winner).1 == .seatNotYours)
        #expect(try await list(["11"], by: other, at: winner).1 == nil)
    }

    /// The seat was sold at both performances, and several times at the one that remains.
    @Test func aListingMovesToAPerformanceWhereItsSeatWasSoldOften() async throws {
        let winner = Self.performance()
        try await deliver(winner)
        for number in 1...6 {
            let (owner, buyer) = number.isMultiple(of: 2) ? (other, seller) : (seller, other)
            let (id, refusal) = try await list(["11"], by: owner, at: winner)
            #expect(refusal == nil)
            try await order(of: id, [1], buyer: buyer, .awaitingPayment, .confirmed, .complete)
        }
        let (moving, _) = try await list(["11", "12"])
        try await order(of: moving, [1], .awaitingPayment, .confirmed, .complete)
        try await deliver(Self.performance(first.id, version: 2, into: winner.id))
        try await harness.runWork()
        #expect(try await read(moving).state.performanceId == winner.id)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
        #expect(try await ListingsRepair(pool: harness.pool).wrongCounts(limit: 10).isEmpty)
        // The moved listing is off sale, so somebody else can list its other seat.
        #expect(try await read(moving).state.suspended?.reason == .seatsTaken)
        #expect(try await list(["12"], by: other, at: winner).1 == nil)
        #expect(try await change(moving, withdrawn: false) == .seatTaken)
    }

    @Test func theDoctorMendsSeats() async throws {
        let (id, _) = try await list(["11", "12", "13"])
        try await order(of: id, [1], .awaitingPayment, .confirmed, .complete)
        try await order(of: id, [2], .awaitingPayment)
        let repair = ListingsRepair(pool: harness.pool)
        #expect(try await repair.wrongCounts(limit: 10).isEmpty)
        let right: SQL = """
            SELECT string_agg(concat_ws(' ', unit, claimed, holder, order_ids), ', ' ORDER BY unit) FROM tickets.seats
            """
        let before = try await harness.pool.query(right)[0].decode(String.self)
        for damage: SQL in [
            "UPDATE tickets.seats SET order_ids = '{}'", "UPDATE tickets.seats SET holder = NULL",
            "UPDATE tickets.seats SET claimed = false", "UPDATE tickets.tickets SET free_mask = 7",
        ] {
            try await harness.pool.execute(damage)
            #expect(Set(try await repair.wrongCounts(limit: 10).map(\.listing)) == [id])
            try await repair.repairCounts(of: id)
            #expect(try await repair.wrongCounts(limit: 10).isEmpty)
            #expect(try await harness.pool.query(right)[0].decode(String.self) == before)
            #expect(try await read(id).free == 0b100)
        }
    }
}
