import Foundation
import Marketplace
import RedisClient
import Storage
import Streams
import Support
import Testing

/// A small marketplace at rest: one seller, one buyer, one listing of ten, and five orders of it: `unpaid` of two units,
/// `other`, `spare` and `lost` of one each, and `dead`, which was cancelled. No worker runs.
struct Patient: Sendable {
    let ward: Ward
    let seller = UserID.new()
    let buyer = UserID.new()
    let ticket = TicketID.new()
    let unpaid = OrderID.new()
    let other = OrderID.new()
    let spare = OrderID.new()
    let lost = OrderID.new()
    let dead = OrderID.new()

    var database: Psql { ward.database }
    var keys: Keys { ward.keys }

    init(redisURL: String? = nil) async throws {
        ward = try await Ward(redisURL: redisURL)
        for id in [seller, buyer] {
            try await database.execute(
                """
                INSERT INTO users.users (id, email, password_hash, version, created_at, updated_at)
                VALUES ('\(id)', '\(id)@example.com', 'none', 1, now(), now())
                """)
            try await ward.write(
                UserState(id: id, status: .active, role: .member, version: 1).announcement, of: .users)
        }
        let at = Timestamp.now()
        let state = TicketState(
            id: ticket, sellerId: seller, title: "A ticket", price: 4500, currency: .usd, quantity: 10,
            withdrawn: false, version: 1, createdAt: at, updatedAt: at)
        try await database.execute(
            """
            INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, withdrawn, version, created_at,
                updated_at)
            VALUES ('\(ticket)', '\(seller)', 'A ticket', 4500, 'USD', 10, false, 1, '\(at)', '\(at)')
            """)
        try await ward.write(state.announcement, of: .tickets)
        try await ward.working {
            for (id, quantity) in [(unpaid, 2), (other, 1), (spare, 1), (lost, 1), (dead, 1)] {
                try await ask(
                    CreateOrder(ticketId: ticket, quantity: quantity, price: nil, ticketVersion: 1, userVersion: 1),
                    id: id)
            }
            try await eventually("the orders are made") {
                try await database.count("SELECT count(*) FROM orders.orders") == 5
            }
            try await ask(CancelOrder(orderId: dead), id: OrderID.new())
            try await rests()
        }
        try await isClean()
    }

    private func ask(_ command: some CommandPayload, id: OrderID) async throws {
        try await CommandProducer(redis: ward.client, keys: keys).enqueue(
            CommandEnvelope(
                id: CommandID(id.uuid), type: type(of: command).type, at: .now(), actor: .user(buyer), reply: "",
                body: Array(try JSONEncoder().encode(command))), to: .orders)
    }

    /// Waits until all that was told is heard, and every mark says so.
    func rests() async throws {
        try await eventually("everything is at rest", every: .milliseconds(50)) {
            let reports = try await Queues(redis: ward.client, keys: keys).report()
            let isQuiet = reports.allSatisfy { report in
                report.backlog == 0 && report.putOff == 0
                    && report.followers.allSatisfy { $0.hasGroup && $0.lag == 0 && $0.pending == 0 }
            }
            guard isQuiet else { return false }
            for service in Service.allCases where service.hasSchema {
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

    // MARK: At the doctor's

    struct Complaint: Decodable, Hashable {
        var kind: String
        var weight: String
        var service: String?
        var subject: String
        var what: String
        var outcome: String
        var note: String?
    }

    /// What the doctor finds wrong, notes apart.
    func complaints(_ words: String...) async throws -> (status: Int32, complaints: [Complaint]) {
        let result = try await doctor(["--json"] + words)
        guard result.status < 2 else { throw SupportError(result.output) }
        let all = try JSONDecoder().decode([Complaint].self, from: Data(result.output.utf8))
        return (result.status, all.filter { $0.weight == "damage" })
    }

    func doctor(_ words: [String]) async throws -> Ward.Result {
        let process = try await ProductProcess.start(
            "gittix", ["doctor", "--patience", "0"] + words,
            environment: ward.settings.merging(["STRIPE_SECRET_KEY": ""]) { $1 }, ready: nil)
        let ending = try await process.waitForExit()
        guard case .exit(let status) = ending else { throw SupportError("\(ending): \(process.output)") }
        return Ward.Result(output: process.output.trimmingCharacters(in: .newlines), status: status)
    }

    func isClean(_ after: String = "") async throws {
        let (status, complaints) = try await complaints()
        #expect(status == 0, "\(after)")
        #expect(complaints.isEmpty, "\(after)")
    }
}

extension Patient {
    /// Makes it ill in one way after the other, and has each found and mended. What is found of an illness is all that is
    /// wrong: of the one before nothing is left.
    func suffers(_ illnesses: [Illness]) async throws {
        for illness in illnesses {
            try await illness.damage(self)
            let (status, found) = try await complaints()
            #expect(status == 1, "\(illness.name)")
            #expect(found.map(\.kind) == illness.kinds, "\(illness.name): \(found)")
            let (left, mended) = try await complaints("--fix")
            #expect(left == 0, "\(illness.name): \(mended)")
            #expect(mended.map(\.outcome) == illness.kinds.map { _ in "mended" }, "\(illness.name): \(mended)")
            #expect(try await database.column(illness.then(self)) == ["t"], "\(illness.name)")
        }
        try await isClean("after the last")
        try await ward.working { try await rests() }
        for illness in illnesses {
            #expect(try await database.column(illness.after(self)) == ["t"], "\(illness.name)")
        }
        try await isClean("in the end")
    }
}

/// One way to be ill.
struct Illness: Sendable, CustomTestStringConvertible {
    let name: String
    /// What the doctor calls it: one complaint of each, in their order.
    let kinds: [String]
    let damage: @Sendable (Patient) async throws -> Void
    /// What must hold when it is mended: the answer of a query that is `t`.
    var then: @Sendable (Patient) -> String = { _ in "SELECT true" }
    /// What must hold when the system has worked on.
    var after: @Sendable (Patient) -> String = { _ in "SELECT true" }

    var testDescription: String { name }
}
