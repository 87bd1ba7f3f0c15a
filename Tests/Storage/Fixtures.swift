import FoundationEssentials
import Marketplace
import PostgresClient
import Storage

/// Returns the error that the body throws.
func failure(_ body: () async throws -> Void) async throws -> PostgresError {
    do {
        try await body()
    } catch let error as PostgresError {
        return error
    }
    throw NoFailure()
}

struct NoFailure: Error {}

func event(_ number: Int, type: String = "OrderCreated") -> OutboxEvent {
    OutboxEvent(
        id: UUID(), type: type, at: Timestamp(milliseconds: 1_785_000_000_000), subject: "subject \(number)",
        version: Int64(number), trace: "", body: Array("{\"n\": \(number), \"z\": \"\\u0000\"}".utf8))
}
