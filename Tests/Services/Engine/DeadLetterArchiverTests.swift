import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Testing

@testable import Services

struct DeadLetterArchiverTests {
    private static func archiver(
        _ harness: ServiceHarness<UsersHandler>, kept: Int, limit: Int = 2
    ) -> DeadLetterArchiver {
        DeadLetterArchiver(
            letters: DeadLetters(service: .users, redis: harness.redis, keys: harness.keys),
            archive: DeadLetterArchive(service: .users), pool: harness.pool,
            logger: ServiceHarness<UsersHandler>.logger, kept: kept, limit: limit)
    }

    private static func bury(_ numbers: ClosedRange<Int>, in harness: ServiceHarness<UsersHandler>) async throws {
        for number in numbers {
            _ = try await harness.redis.send(
                RedisCommand(
                    "XADD", harness.keys.deadLetters(.users), "\(number)000-0", "id", "\(number)", "body",
                    #"{"n":"\#(number)\u0000"}"#, "error", "unreadable"))
        }
    }

    @Test func theOldestLettersAreMovedInSlices() async throws {
        let harness = try await ServiceHarness.users()
        try await Self.bury(1...6, in: harness)
        let archiver = Self.archiver(harness, kept: 3)
        #expect(try await archiver.archiveOldest() == 2)
        #expect(try await archiver.archiveOldest() == 1)
        #expect(try await archiver.archiveOldest() == 0)
        #expect(try await archiver.letters.list().map(\.id.milliseconds) == [4000, 5000, 6000])
        let rows = try await harness.pool.query(
            "SELECT id, fields ->> 'error' AS error, fields ->> 'id' AS n FROM users.dead_letters ORDER BY died_at")
        #expect(try rows.map { try $0.decode("id", as: String.self) } == ["1000-0", "2000-0", "3000-0"])
        #expect(try rows.map { try $0.decode("n", as: String.self) } == ["1", "2", "3"])
        #expect(try rows.allSatisfy { try $0.decode("error", as: String.self) == "unreadable" })
    }

    @Test func aLetterThatWasCommittedBeforeACrashIsMovedAgain() async throws {
        let harness = try await ServiceHarness.users()
        try await Self.bury(1...2, in: harness)
        let archiver = Self.archiver(harness, kept: 1)
        // The process has ended between the commit and the deletion.
        let oldest = try await archiver.letters.list(limit: 1)
        try await archiver.archive.add(oldest.map(DeadLetterArchive.Letter.init), on: harness.pool)
        #expect(try await archiver.archiveOldest() == 1)
        #expect(try await archiver.letters.list().map(\.id.milliseconds) == [2000])
        #expect(try await harness.number("SELECT count(*) FROM users.dead_letters") == 1)
    }

    @Test func archivedLettersAreDeletedByTheirAge() async throws {
        let harness = try await ServiceHarness.users()
        try await Self.bury(1...3, in: harness)
        let archiver = Self.archiver(harness, kept: 0, limit: 10)
        #expect(try await archiver.archiveOldest() == 3)
        let end = Timestamp(milliseconds: 2000) + DeadLetterArchive.retention
        #expect(try await archiver.archive.prune(at: end, limit: 10, on: harness.pool) == 1)
        #expect(try await archiver.archive.prune(at: end + .seconds(60), limit: 1, on: harness.pool) == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.dead_letters") == 1)
    }
}
