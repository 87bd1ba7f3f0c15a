import Marketplace
import RedisClient
import Storage
import Streams
import Support
import Testing

@testable import Operator

@Suite(.timeLimit(.minutes(1)))
struct FollowersCommandsTests {
    @Test func `followers are listed with their distance, and one can be dropped`() async throws {
        let harness = try await OperatorHarness()
        let user = UserState(id: .new(), status: .active, role: .member, version: 1)
        for version in 1...3 {
            try await harness.write(
                NewEvent(.userUpdated, subject: user.id, version: Int64(version), body: user), of: .users)
        }
        try await harness.database.execute(
            "INSERT INTO users.followers (name, settled) VALUES ('orders', 3), ('mailer', 1)")
        let catchUp = EventStream(service: .users, redis: harness.client, keys: harness.keys).catchUp
        try await catchUp.begin("mailer", at: 1)
        let list = try await harness.gittix("followers")
        #expect(list.status == 0, "\(list.output)")
        #expect(list.lines.contains { $0.contains("mailer") && $0.hasSuffix("catching up") }, "\(list.output)")
        #expect(list.lines.contains { $0.contains("orders") && $0.hasSuffix("live") }, "\(list.output)")

        let asked = try await harness.gittix("followers", "drop", "users", "mailer")
        #expect(asked.has("Nothing was dropped. Run with --execute to drop it."), "\(asked.output)")
        #expect(try await catchUp.gaps().count == 1)
        let dropped = try await harness.gittix("followers", "drop", "users", "mailer", "--execute")
        #expect(dropped.status == 0, "\(dropped.output)")
        #expect(try await catchUp.gaps().isEmpty)
        #expect(
            try await harness.database.column("SELECT state FROM users.followers ORDER BY name") == ["dropped", "live"])
        #expect(try await harness.gittix("followers", "drop", "users", "nobody", "--execute").status != 0)
    }

    @Test func `a follower that would come back is not dropped`() async throws {
        let harness = try await OperatorHarness()
        try await harness.database.execute(
            "INSERT INTO users.followers (name, settled) VALUES ('orders', 3), ('mailer', 1)")
        // This build declares the follower `orders`.
        let declared = try await harness.gittix("followers", "drop", "users", "orders", "--execute")
        #expect(declared.status != 0)
        #expect(declared.has("orders follows users in this build"), "\(declared.output)")
        // A newer build runs the follower `mailer`.
        _ = try await harness.redis("HSET", harness.keys.worker("one"), "pool", "mailer")
        let running = try await harness.gittix("followers", "drop", "users", "mailer", "--execute")
        #expect(running.status != 0)
        #expect(running.has("mailer has a running worker (one)"), "\(running.output)")
        #expect(try await harness.database.column("SELECT DISTINCT state FROM users.followers") == ["live"])
    }
}
