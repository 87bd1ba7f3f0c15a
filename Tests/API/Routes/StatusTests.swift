import Foundation
import Support
import Testing

@testable import API

/// Causes every documented status on the whole system, and checks the responses against the document.
@Suite(.timeLimit(.minutes(10))) struct StatusTests {
    /// Statuses that need a fault that a test cannot cause: a loss of PostgreSQL during a read, or a failing handler.
    private static let excluded: Set<String> = [
        "GET /api/users/currentuser 503", "GET /api/tickets 503",
        "PATCH /api/tickets 503",
        "GET /api/tickets/{id} 503", "GET /api/orders 503", "GET /api/orders/{id} 503", "GET /api/commands/{id} 503",
        "GET /api/users/me/sessions 503", "GET /api/admin/users 503", "GET /api/admin/users/{id} 503",
        "GET /api/admin/orders 503", "GET /api/admin/orders/{id} 503", "GET /api/admin/tickets/{id} 503",
        "GET /api/admin/tickets/{id}/reports 503", "GET /api/admin/reports 503", "GET /api/admin/frozen-orders 503",
        "GET /api/performances 503", "GET /api/performances/{id} 503", "GET /api/events 503",
        "GET /api/performances/{id}/offers 503", "GET /api/quotes 503", "GET /api/policies 503",
        "GET /api/events/{id} 503", "GET /api/venues 503", "GET /api/venues/{id} 503", "GET /api/admin/proposals 503",
        // Needs two concurrent changes.
        "PUT /api/users/me/password 409",
        // A ban ends the sessions. Only a token that was rotated a moment before is refused as banned.
        "POST /api/users/refresh 403",
    ]

    @Test func everyDocumentedStatusOccurs() async throws {
        try await SystemHarness.run(settings: ["NEW_SELLER_UNITS": "10000"]) { system in
            let document = try OpenAPIDocument()
            let harness = StatusHarness(system: system, document: document, origin: system.origins[0])
            try await harness.succeed()
            try await harness.refuse()
            try await harness.conflict()
            try await harness.limitAttempts()
            try await harness.stopRedis()
            let documented = document.operations.flatMap { operation in
                document.statuses(operation).map { "\(operation) \($0)" }
            }
            let missing = Set(documented).subtracting(harness.seen).subtracting(Self.excluded)
                // Other tests cover 431, which no route sends, 408, which takes long, and event streams, which do not
                // end.
                .filter {
                    !$0.hasSuffix(" 500") && !$0.hasSuffix(" 408") && !$0.hasSuffix(" 431")
                        && !$0.hasPrefix("GET /live/")
                }
            #expect(missing.sorted() == [])
        }
    }
}
