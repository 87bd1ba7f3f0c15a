import CurlClient
import Foundation
import Marketplace
import Support

/// The sandbox as a process of its own, and what a buyer's browser and a test ask of it.
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

    /// In the place of this one, and knowing nothing.
    func startAgain() async throws -> SandboxServer {
        try await process.killNow()
        return try await Self.start(curl: curl, port: port)
    }

    /// Types the card into the page. The last four digits are in no answer.
    func pay(at page: String, card: String = "4242 4242 4242 4242") async throws -> Int {
        let card = card.replacing(" ", with: "")
        return try await post(
            page, "number=\(card)&expiry=12/40&cvc=123&name=A+Buyer", type: "application/x-www-form-urlencoded")
    }

    /// - Parameter rule: `{"operation": "payment_intents.capture", "kind": "lose_answer"}`
    func fail(_ rule: String) async throws {
        let status = try await post("\(url)/_sandbox/faults", rule, type: "application/json")
        guard status == 201 else { throw SupportError("the sandbox took no such fault: \(rule)") }
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

    /// What Stripe knows of an order.
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
            /// Held now and not taken; ever taken; given back of that.
            var authorized: Int64
            var captured: Int64
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
