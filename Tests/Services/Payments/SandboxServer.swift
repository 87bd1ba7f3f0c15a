import CurlClient
import Foundation
import Marketplace
import Support

/// A process of the Stripe sandbox, with the requests of a buyer's browser and of a test.
struct SandboxServer: Sendable {
    let process: ChildProcess
    let port: Int
    let url: String
    let curl: CurlClient

    static let key = "sk_test_payments"

    static func start(curl: CurlClient, port: Int? = nil) async throws -> SandboxServer {
        let port = if let port { port } else { try await FreePort.find() }
        let process = try await ProductProcess.start(
            "StripeSandbox", environment: ["PORT": "\(port)", "STRIPE_SECRET_KEY": key])
        return SandboxServer(process: process, port: port, url: "http://127.0.0.1:\(port)", curl: curl)
    }

    /// Kills the sandbox and starts a new one without data on the same port.
    func restart() async throws -> SandboxServer {
        try await process.killAndWait()
        return try await Self.start(curl: curl, port: port)
    }

    /// Enters a card on a checkout page. Returns the status of the response.
    func pay(at page: String, card: String = "4242 4242 4242 4242") async throws -> Int {
        let card = card.replacing(" ", with: "")
        return try await post(
            page, "number=\(card)&expiry=12/40&cvc=123&name=A+Buyer", type: "application/x-www-form-urlencoded")
    }

    /// Adds a fault.
    ///
    /// - Parameter rule: The fault as JSON: `{"operation": "payment_intents.capture", "kind": "lose_answer"}`
    func fail(_ rule: String) async throws {
        let status = try await post("\(url)/_sandbox/faults", rule, type: "application/json")
        guard status == 201 else { throw SupportError("the sandbox refused the fault \(rule)") }
    }

    func advance(seconds: Int) async throws {
        _ = try await post("\(url)/_sandbox/clock", #"{"advanceSeconds": \#(seconds)}"#, type: "application/json")
    }

    private func post(_ url: String, _ body: String, type: String) async throws -> Int {
        try await curl.send(
            CurlRequest(
                .post, url: url, headers: [.init("Content-Type", type)], body: Array(body.utf8),
                connectTimeout: .seconds(5), timeout: .seconds(10))
        ).status
    }

    /// The objects at Stripe for an order.
    struct Record: Decodable, Sendable {
        struct Session: Decodable, Sendable {
            var id: String
            var status: String
        }
        struct Intent: Decodable, Sendable {
            var id: String
            var status: String
        }
        struct Money: Decodable, Sendable, Equatable {
            /// The amount reserved now and not captured.
            var authorized: Int64
            /// The amount ever captured.
            var captured: Int64
            /// The part of the captured amount that was refunded.
            var refunded: Int64
        }
        struct Requests: Decodable, Sendable {
            var operation: String
            var count: Int
            var replays: Int
        }
        var sessions: [Session]
        var payment_intents: [Intent]
        var totals: [String: Money]
        var requests: [String: Requests]

        var money: Money { totals["usd"] ?? Money(authorized: 0, captured: 0, refunded: 0) }
    }

    func record(of order: OrderID) async throws -> Record {
        let response = try await curl.send(
            CurlRequest(
                .get, url: "\(url)/_sandbox/record?order_id=\(order)", headers: [], body: [],
                connectTimeout: .seconds(5), timeout: .seconds(10)))
        return try JSONDecoder().decode(Record.self, from: Data(response.body))
    }
}
