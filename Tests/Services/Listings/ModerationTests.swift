import Marketplace
import PostgresClient
import Streams
import Testing

@testable import Services

/// The stored listings that an admin takes down, and the stored reports of users.
@Suite struct ModerationTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let admin = UserState(id: .new(), status: .active, role: .admin, version: 1)
    private let fans = (0..<3).map { _ in UserState(id: .new(), status: .active, role: .member, version: 1) }

    init() async throws {
        harness = try await ServiceHarness(ListingsHandler())
        for user in [seller, admin] + fans { try await harness.deliver(.user(user), from: .users) }
        try await harness.drain()
    }

    private func listing(_ title: String = "Row 1") async throws -> ListingID {
        let id = try await harness.send(
            CreateListing(title: title, price: 2500, currency: .usd, quantity: 4, userVersion: 1),
            actor: .user(seller.id))
        try await harness.drain()
        return ListingID(id.uuid)
    }

    private func send(_ command: some CommandPayload, by user: UserState) async throws -> CommandID {
        let id = try await harness.send(command, actor: .user(user.id))
        try await harness.drain()
        return id
    }

    private func read(_ id: ListingID) async throws -> Listing {
        try #require(try await ListingReads(harness.pool).listing(id))
    }

    private func change(_ id: ListingID, withdrawn: Bool) -> ChangeListing {
        ChangeListing(ticketId: id, withdrawn: withdrawn, userVersion: 1)
    }

    @Test func aListingIsTakenDownAndPutBack() async throws {
        let id = try await listing()
        _ = try await send(TakeDownListing(ticketId: id, reason: .scam, note: "Send us\na photo."), by: admin)
        #expect(
            try await read(id).state.takenDown == TakeDown(reason: .scam, note: "Send us\na photo.", wasOnSale: true))
        #expect(try await read(id).state.withdrawn)
        #expect(
            try await harness.number(
                "SELECT count(*) FROM tickets.outbox WHERE body::json -> 'takenDown' ->> 'reason' = 'scam'") == 1)

        // The seller may change the listing, but may not put it back on sale.
        let relist = try await send(change(id, withdrawn: false), by: seller)
        #expect(try await harness.refusal(of: relist) == .conflict)
        _ = try await send(ChangeListing(ticketId: id, price: 3000, userVersion: 1), by: seller)
        #expect(try await read(id).state.price == 3000)
        #expect(try await read(id).state.withdrawn)

        // A repeat changes nothing, not even the reason.
        _ = try await send(TakeDownListing(ticketId: id, reason: .other), by: admin)
        #expect(try await read(id).state.takenDown?.reason == .scam)

        _ = try await send(PutBackListing(ticketId: id, sellerId: seller.id), by: admin)
        #expect(try await read(id).state.takenDown == nil)
        #expect(try await !read(id).state.withdrawn)
        let log = try await ListingReads(harness.pool).moderationLog(of: id, limit: 10)
        #expect(log.map(\.kind) == [.putBack, .takenDown] && log.allSatisfy { $0.actor == .user(admin.id) })
        #expect(log.last?.reason == "scam" && log.last?.sellerId == seller.id)
    }

    @Test func aListingThatWasOffSaleStaysOffSale() async throws {
        let (withdrawn, banned) = (try await listing(), try await listing())
        _ = try await send(change(withdrawn, withdrawn: true), by: seller)
        for id in [withdrawn, banned] { _ = try await send(TakeDownListing(ticketId: id, reason: .other), by: admin) }
        _ = try await send(PutBackListing(ticketId: withdrawn, sellerId: seller.id), by: admin)
        #expect(try await read(withdrawn).state.withdrawn)
        try await harness.deliver(
            .user(UserState(id: seller.id, status: .banned, role: .member, version: 2)), from: .users)
        try await harness.drain()
        _ = try await send(PutBackListing(ticketId: banned, sellerId: seller.id), by: admin)
        #expect(try await read(banned).state.takenDown == nil)
        #expect(try await read(banned).state.withdrawn)
    }

    @Test func aSellerWithdrawsAListingThatIsTakenDown() async throws {
        let id = try await listing()
        _ = try await send(TakeDownListing(ticketId: id, reason: .other), by: admin)
        _ = try await send(change(id, withdrawn: true), by: seller)
        _ = try await send(PutBackListing(ticketId: id, sellerId: seller.id), by: admin)
        #expect(try await read(id).state.withdrawn)
    }

    @Test func onlyTheVersionThatTheAdminSawIsPutBack() async throws {
        let id = try await listing()
        _ = try await send(TakeDownListing(ticketId: id, reason: .other), by: admin)
        let seen = try await read(id).state.version
        _ = try await send(ChangeListing(ticketId: id, price: 99_900, userVersion: 1), by: seller)
        let stale = try await send(
            PutBackListing(ticketId: id, sellerId: seller.id, ifVersion: seen), by: admin)
        #expect(try await harness.refusal(of: stale) == .staleVersion)
        #expect(try await read(id).state.takenDown != nil)
        _ = try await send(PutBackListing(ticketId: id, sellerId: seller.id, ifVersion: seen + 1), by: admin)
        #expect(try await !read(id).state.withdrawn)
    }

    /// A process of the previous build knows only `withdrawn`.
    @Test func theDatabaseKeepsATakenDownListingOffSale() async throws {
        let id = try await listing()
        _ = try await send(TakeDownListing(ticketId: id, reason: .other), by: admin)
        await #expect(throws: PostgresError.self) {
            try await harness.pool.execute("UPDATE tickets.tickets SET withdrawn = false WHERE id = \(id)")
        }
    }

    @Test func theModerationLogIsNeverChanged() async throws {
        let id = try await listing()
        _ = try await send(TakeDownListing(ticketId: id, reason: .other), by: admin)
        for statement in ["UPDATE tickets.moderation_log SET note = 'x'", "DELETE FROM tickets.moderation_log"] as [SQL]
        {
            await #expect(throws: PostgresError.self) { try await harness.pool.execute(statement) }
        }
    }

    @Test func aUserReportsAListingOnce() async throws {
        let id = try await listing()
        for reason in [ListingReport.Reason.scam, .other] {
            let command = try await send(
                ReportListing(ticketId: id, reason: reason, text: "Two\nlines", userVersion: 1), by: fans[0])
            #expect(try await harness.replies(to: command).first?.body.contains("\"scam\"") == true)
        }
        let own = try await send(
            ReportListing(ticketId: id, reason: .scam, text: nil, userVersion: 1), by: seller)
        #expect(try await harness.refusal(of: own) == .conflict)
        let long = try await send(
            ReportListing(
                ticketId: id, reason: .scam, text: String(repeating: "x", count: 1001), userVersion: 1), by: fans[1])
        #expect(try await harness.refusal(of: long) == .invalid)
        let reports = try await ListingReads(harness.pool).reports(of: id, limit: 10)
        #expect(reports.map(\.text) == ["Two\nlines"] && reports.map(\.reason) == [.scam])
    }

    /// The commands of one batch see each other.
    @Test func reportsBeforeADismissalInOneBatchAreClosedAndLaterOnesOpen() async throws {
        let id = try await listing()
        func report(_ fan: Int) async throws {
            try await harness.send(
                ReportListing(ticketId: id, reason: .scam, text: nil, userVersion: 1), actor: .user(fans[fan].id))
        }
        try await report(0)
        try await harness.drain()
        try await report(1)
        try await harness.send(DismissReports(ticketId: id), actor: .user(admin.id))
        try await report(2)
        try await harness.drain()
        let reads = ListingReads(harness.pool)
        let reports = try await reads.reports(of: id, limit: 10)
        #expect(reports.filter { $0.status == .open }.map(\.reporterId) == [fans[2].id])
        #expect(reports.filter { $0.status == .dismissed }.count == 2)
        #expect(try await reads.reportQueue(after: nil, limit: 10).map(\.open) == [1])
        _ = try await send(TakeDownListing(ticketId: id, reason: .scam), by: admin)
        #expect(try await reads.reportQueue(after: nil, limit: 10).isEmpty)
        #expect(try await reads.reports(of: id, limit: 10).filter { $0.status == .upheld }.count == 1)
    }

    @Test func theQueueHasTheMostReportedFirstAndTheOldestOfThose() async throws {
        var ids: [ListingID] = []
        for number in 0..<4 { ids.append(try await listing("Row \(number)")) }
        for (listing, reporters) in [(0, 1), (1, 3), (2, 1), (3, 2)] {
            for fan in fans.prefix(reporters) {
                _ = try await send(
                    ReportListing(ticketId: ids[listing], reason: .other, text: nil, userVersion: 1), by: fan)
            }
        }
        let reads = ListingReads(harness.pool)
        var (found, cursor): ([ListingID], ReportCursor?) = ([], nil)
        repeat {
            let page = try await reads.reportQueue(after: cursor, limit: 1)
            found += page.map(\.listing.state.id)
            cursor = page.last?.cursor
        } while cursor != nil
        #expect(found == [ids[1], ids[3], ids[0], ids[2]])
    }

    @Test func aListingStoresAtMostAThousandReports() async throws {
        let id = try await listing()
        try await harness.pool.execute(
            "INSERT INTO tickets.report_counts VALUES (\(id), 1000, \(Int32(ListingReport.limit)), now())")
        let command = try await send(
            ReportListing(ticketId: id, reason: .scam, text: nil, userVersion: 1), by: fans[0])
        #expect(try await harness.replies(to: command).map(\.outcome) == ["done"])
        #expect(try await harness.number("SELECT count(*) FROM tickets.reports") == 0)

        // After a decision, the next report puts the listing into the queue again.
        _ = try await send(DismissReports(ticketId: id), by: admin)
        #expect(try await ListingReads(harness.pool).reportQueue(after: nil, limit: 10).isEmpty)
        for fan in fans {
            _ = try await send(ReportListing(ticketId: id, reason: .scam, text: nil, userVersion: 1), by: fan)
        }
        #expect(try await ListingReads(harness.pool).reportQueue(after: nil, limit: 10).map(\.open) == [1])
        #expect(try await harness.number("SELECT count(*) FROM tickets.reports") == 0)
    }

    /// The command is encrypted in Redis, but its reply is not.
    @Test func theReplyToAReportDoesNotRepeatItsWords() async throws {
        let command = try await send(
            ReportListing(ticketId: try await listing(), reason: .scam, text: "She lives next door", userVersion: 1),
            by: fans[0])
        #expect(try await harness.replies(to: command).first?.body.contains("next door") == false)
    }
}
