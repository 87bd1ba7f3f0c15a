import Foundation
import Marketplace
import RedisClient
import Services
import Storage
import Streams
import Support
import Testing

/// A small marketplace at rest: a seller, a buyer, a listing of ten units, and five orders of it. `unpaid` has two
/// units, `other`, `spare` and `lost` have one each, and `cancelled` is cancelled. No worker runs.
struct DoctorFixture: Sendable {
    let harness: OperatorHarness
    let seller = UserID.new()
    let buyer = UserID.new()
    let ticket = ListingID.new()
    let unpaid = OrderID.new()
    let other = OrderID.new()
    let spare = OrderID.new()
    let lost = OrderID.new()
    let cancelled = OrderID.new()

    var database: Psql { harness.database }
    var keys: Keys { harness.keys }

    init(redisURL: String? = nil) async throws {
        harness = try await OperatorHarness(redisURL: redisURL)
        for id in [seller, buyer] {
            try await database.execute(
                """
                INSERT INTO users.users (id, email, password_hash, version, created_at, updated_at)
                VALUES ('\(id)', '\(id)@example.com', 'none', 1, now(), now())
                """)
            try await harness.write(
                UserState(id: id, status: .active, role: .member, version: 1).announcement, of: .users)
        }
        let at = Timestamp.now()
        let state = ListingState(
            id: ticket, sellerId: seller, title: "A ticket", price: 4500, currency: .usd, quantity: 10,
            withdrawn: false, version: 1, createdAt: at, updatedAt: at)
        try await database.execute(
            """
            INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, withdrawn, version, created_at,
                updated_at)
            VALUES ('\(ticket)', '\(seller)', 'A ticket', 4500, 'USD', 10, false, 1, '\(at)', '\(at)')
            """)
        try await harness.write(state.announcement, of: .listings)
        try await harness.runWorkers {
            for (id, quantity) in [(unpaid, 2), (other, 1), (spare, 1), (lost, 1), (cancelled, 1)] {
                try await send(
                    CreateOrder(ticketId: ticket, quantity: quantity, price: nil, ticketVersion: 1, userVersion: 1),
                    id: id)
            }
            try await eventually("the orders are created") {
                try await database.count("SELECT count(*) FROM orders.orders") == 5
            }
            try await send(CancelOrder(orderId: cancelled), id: OrderID.new())
            try await waitUntilSettled()
        }
        try await expectNoDamage()
    }

    private func send(_ command: some CommandPayload, id: OrderID) async throws {
        try await CommandProducer(redis: harness.client, keys: keys, authenticator: harness.authenticator).enqueue(
            CommandEnvelope(
                id: CommandID(id.uuid), type: type(of: command).type, at: .now(), actor: .user(buyer), reply: "",
                body: Array(try JSONEncoder().encode(command))), to: .orders)
    }

    /// Waits until every event is settled and every low-water mark includes it.
    func waitUntilSettled() async throws {
        try await eventually("everything is settled", every: .milliseconds(50)) {
            let reports = try await Queues(redis: harness.client, keys: keys, topology: ServiceRegistry.topology)
                .report()
            let isQuiet = reports.allSatisfy { report in
                report.backlog == 0 && report.deferred == 0
                    && report.followers.allSatisfy { $0.hasGroup && $0.lag == 0 && $0.pending == 0 }
            }
            guard isQuiet else { return false }
            for service in ServiceRegistry.topology.withSchema {
                let unsettled = try await database.count(
                    """
                    SELECT count(*) FROM \(service).outbox
                    WHERE id > (SELECT coalesce(sum(value), 0) FROM \(service).marks WHERE name = 'low_water')
                    """)
                guard unsettled == 0 else { return false }
            }
            return true
        }
    }

    // MARK: The doctor

    struct ReportedFinding: Decodable, Hashable {
        var kind: String
        var weight: String
        var service: String?
        var subject: String
        var what: String
        var outcome: String
        var note: String?
    }

    /// Returns the damage that the doctor reports, without notes.
    func findings(_ words: String...) async throws -> (status: Int32, findings: [ReportedFinding]) {
        let result = try await doctor(["--json"] + words)
        guard result.status < 2 else { throw SupportError(result.output) }
        let all = try JSONDecoder().decode([ReportedFinding].self, from: Data(result.output.utf8))
        return (result.status, all.filter { $0.weight == "damage" })
    }

    func doctor(_ words: [String]) async throws -> OperatorHarness.Result {
        let process = try await ProductProcess.start(
            "gittix", ["doctor", "--confirm-after", "0"] + words,
            environment: harness.settings.merging(["STRIPE_SECRET_KEY": ""]) { $1 }, ready: nil)
        let ending = try await process.waitForExit()
        guard case .exit(let status) = ending else { throw SupportError("\(ending): \(process.output)") }
        return OperatorHarness.Result(output: process.output.trimmingCharacters(in: .newlines), status: status)
    }

    func expectNoDamage(_ comment: String = "") async throws {
        let (status, findings) = try await findings()
        #expect(status == 0, "\(comment)")
        #expect(findings.isEmpty, "\(comment)")
    }
}

extension DoctorFixture {
    /// Causes each damage in turn, and expects the doctor to find and repair it. The doctor must report exactly the
    /// findings of the case, because no damage is left from the previous case.
    func checkEach(_ cases: [DamageCase]) async throws {
        for damageCase in cases {
            try await damageCase.damage(self)
            let (status, found) = try await findings()
            #expect(status == 1, "\(damageCase.name)")
            #expect(found.map(\.kind) == damageCase.kinds, "\(damageCase.name): \(found)")
            let (exit, repaired) = try await findings("--fix")
            #expect(exit == 0, "\(damageCase.name): \(repaired)")
            #expect(
                repaired.map(\.outcome) == damageCase.kinds.map { _ in "mended" }, "\(damageCase.name): \(repaired)")
            #expect(try await database.column(damageCase.then(self)) == ["t"], "\(damageCase.name)")
        }
        try await expectNoDamage("after the last case")
        try await harness.runWorkers { try await waitUntilSettled() }
        for damageCase in cases {
            #expect(try await database.column(damageCase.after(self)) == ["t"], "\(damageCase.name)")
        }
        try await expectNoDamage("at the end")
    }
}

/// One kind of damage, and its effects.
struct DamageCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// The kinds of the findings, in order.
    let kinds: [String]
    let damage: @Sendable (DoctorFixture) async throws -> Void
    /// Returns a query that must return `t` after the repair.
    var then: @Sendable (DoctorFixture) -> String = { _ in "SELECT true" }
    /// Returns a query that must return `t` after workers have run.
    var after: @Sendable (DoctorFixture) -> String = { _ in "SELECT true" }

    var testDescription: String { name }
}
