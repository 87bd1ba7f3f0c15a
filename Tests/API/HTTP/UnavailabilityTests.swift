import PostgresClient
import RedisClient
import Testing

@testable import API

struct UnavailabilityTests {
    @Test func `timeouts and unavailable servers are temporary failures`() {
        #expect(Unavailability.isCause(of: PostgresError(.timeout, "the deadline passed")))
        #expect(Unavailability.isCause(of: PostgresError(.server, "statement timeout", sqlState: "57014")))
        #expect(Unavailability.isCause(of: PostgresError(.server, "starting up", sqlState: "57P03")))
        #expect(Unavailability.isCause(of: RedisError.timeout(.notSent, during: "GET")))
        #expect(!Unavailability.isCause(of: PostgresError(.server, "no such column", sqlState: "42703")))
    }
}
