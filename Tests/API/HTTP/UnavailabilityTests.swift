import PostgresClient
import RedisClient
import Testing

@testable import API

struct UnavailabilityTests {
    @Test func `what takes too long, or is away, passes`() {
        #expect(Unavailability.isCause(PostgresError(.timeout, "the deadline passed")))
        #expect(Unavailability.isCause(PostgresError(.server, "statement timeout", sqlState: "57014")))
        #expect(Unavailability.isCause(PostgresError(.server, "starting up", sqlState: "57P03")))
        #expect(Unavailability.isCause(RedisError.timeout(.notSent, during: "GET")))
        #expect(!Unavailability.isCause(PostgresError(.server, "no such column", sqlState: "42703")))
    }
}
