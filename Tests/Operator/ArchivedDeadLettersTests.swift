import Marketplace
import RedisClient
import Services
import Storage
import Streams
import Support
import Testing

/// The dead letters that were moved to PostgreSQL.
@Suite(.timeLimit(.minutes(1)))
struct ArchivedDeadLettersTests {
    private let harness: OperatorHarness
    private let archive = DeadLetterArchive(service: .orders)

    init() async throws { harness = try await OperatorHarness() }

    private func add(_ numbers: ClosedRange<Int>, fields: [String: String] = [:]) async throws {
        try await archive.add(
            numbers.map { number in
                DeadLetterArchive.Letter(
                    id: "\(number)000-0", diedAt: Timestamp(milliseconds: Int64(number) * 1000),
                    fields: ["id": CommandID.new().description, "type": "CreateOrder", "body": "{\"n\":\(number)}"]
                        .merging(["error": "why", "failures": "5", "history": "line"]) { $1 }
                        .merging(fields) { $1 })
            }, on: harness.pool)
    }

    private func waiting() async throws -> [[String]] {
        let reply = try await harness.client.send(RedisCommand("XRANGE", harness.keys.commands(.orders), "-", "+"))
        return (reply.array ?? []).map { ($0.array?[1].array ?? []).compactMap(\.string) }
    }

    @Test func `archived letters are listed, shown and put back`() async throws {
        try await add(1...3)
        #expect(try await harness.gittix("dead", "list").output == "No dead letters.")
        let list = try await harness.gittix("dead", "list", "orders", "--archived", "--limit", "2")
        #expect(list.has("1000-0") && list.has("2000-0") && !list.has("3000-0"), "\(list.output)")
        #expect(list.has("orders: 1 more, see `gittix dead list orders --limit 3 --archived`"), "\(list.output)")
        let shown = try await harness.gittix("dead", "show", "orders", "2000-0", "--archived")
        #expect(shown.has(#"body      {"n":2}"#), "\(shown.output)")
        #expect(try await harness.gittix("dead", "retry", "orders", "2000-0").status != 0)

        #expect(try await harness.gittix("dead", "retry", "orders", "2000-0", "--archived").status == 0)
        let entry = try #require(try await waiting().first)
        #expect(entry.contains(#"{"n":2}"#) && entry.contains("CreateOrder"))
        #expect(!entry.contains("error") && !entry.contains("history") && !entry.contains("failures"))
        #expect(try await archive.find("2000-0", on: harness.pool) == nil)
        #expect(try await harness.gittix("dead", "retry", "orders", "2000-0", "--archived").status != 0)
        #expect(try await waiting().count == 1)

        #expect(try await harness.gittix("dead", "drop", "orders", "1000-0", "--archived").status == 0)
        #expect(try await archive.count(on: harness.pool) == 1)
    }

    @Test func `all archived letters are put back in order, page by page`() async throws {
        try await add(8...120)
        let result = try await harness.gittix("dead", "retry", "orders", "--all", "--archived")
        #expect(result.output == "orders: 113 put back")
        let bodies = try await waiting().compactMap { fields in fields.firstIndex(of: "body").map { fields[$0 + 1] } }
        #expect(bodies == (8...120).map { "{\"n\":\($0)}" })
        #expect(try await archive.count(on: harness.pool) == 0)
    }

    @Test func `a letter stays in the archive if Redis does not take it`() async throws {
        try await add(1...1)
        // A key of another type.
        _ = try await harness.redis("SET", harness.keys.commands(.orders), "no stream")
        #expect(try await harness.gittix("dead", "retry", "orders", "1000-0", "--archived").status != 0)
        #expect(try await archive.count(on: harness.pool) == 1)
    }
}
