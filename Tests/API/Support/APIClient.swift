import CurlClient
import Foundation
import Marketplace
import Support
import Synchronization
import Testing

@testable import API

/// A client of the JSON API with its own cookies. It checks every response against the OpenAPI document.
final class APIClient: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: [CurlRequest.Header]
        let body: [UInt8]

        subscript(header name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        var text: String { String(decoding: body, as: UTF8.self) }

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }

        var list: [[String: Any]] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [[String: Any]] ?? []
        }

        func text(_ member: String) -> String { json[member] as? String ?? "" }

        /// The code of a problem: the end of its type.
        var problem: String { text("type").replacing("urn:gittix:problem:", with: "") }

        /// The fields of a problem's errors.
        var fields: [String] { (json["errors"] as? [[String: Any]] ?? []).compactMap { $0["field"] as? String } }

        func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(body))
        }
    }

    private static let http = CurlClient(maxConnectionsPerHost: 256)

    /// `http://127.0.0.1:8080`
    let origin: String
    let document: OpenAPIDocument
    private let jar = Mutex<[String: String]>([:])
    /// The received statuses: `GET /api/tickets/{id} 200`.
    let seen = Mutex<Set<String>>([])

    init(origin: String, document: OpenAPIDocument) {
        self.origin = origin
        self.document = document
    }

    /// The current cookies. Setting them simulates an earlier session.
    var cookies: [String: String] {
        get { jar.withLock { $0 } }
        set { jar.withLock { $0 = newValue } }
    }

    @discardableResult
    func send(
        _ method: CurlRequest.Method, _ path: String, json: String? = nil, body: [UInt8] = [],
        _ headers: [String: String] = [:], keepsCookies: Bool = true, timeout: Duration = .seconds(40),
        source: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var fields = headers.map { CurlRequest.Header($0.key, $0.value) }
        if json != nil, headers["Content-Type"] == nil { fields.append(.init("Content-Type", "application/json")) }
        let held = cookies
        if !held.isEmpty {
            fields.append(.init("Cookie", held.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")))
        }
        let response = try await Self.http.send(
            CurlRequest(
                method, url: origin + path, headers: fields,
                body: json.map { Array($0.utf8) } ?? body, timeout: timeout))
        if keepsCookies { keep(response.headers) }
        let answer = Answer(status: response.status, headers: response.headers, body: response.body)
        seen.withLock { _ = $0.insert("\(method.rawValue) \(document.template(of: path) ?? "-") \(answer.status)") }
        let problems = document.problems(of: answer, method: method.rawValue, path: path)
        for problem in problems {
            Issue.record("\(method.rawValue) \(path) → \(response.status): \(problem)", sourceLocation: source)
        }
        return answer
    }

    private func keep(_ headers: [CurlRequest.Header]) {
        jar.withLock { jar in
            for header in headers where header.name.lowercased() == "set-cookie" {
                let parts = header.value.split(separator: ";").map { $0.drop { $0 == " " } }
                guard let pair = parts.first?.split(separator: "=", maxSplits: 1), let name = pair.first else {
                    continue
                }
                let value = pair.count > 1 ? String(pair[1]) : ""
                jar[String(name)] = parts.contains("Max-Age=0") ? nil : value
            }
        }
    }

    // MARK: Common steps

    static let password = "correct horse battery"

    /// Creates an account, and keeps its cookies.
    @discardableResult
    func signUp(_ email: String = "\(UUID().uuidString.prefix(12))@example.com") async throws -> UserRepresentation {
        let answer = try await send(
            .post, "/api/users/signup", json: #"{"email":"\#(email)","password":"\#(Self.password)"}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return try answer.decode()
    }

    /// The required members of a listing's show.
    static let show =
        #""venue":"Harpa","city":"Reykjavík","startsAt":"2099-08-01T19:30:00Z","timeZone":"Atlantic/Reykjavik""#

    /// A body of `POST /api/tickets` with all required members.
    static func listing(title: String = "a", price: Int = 100, quantity: Int = 1, _ others: String = show) -> String {
        #"{"title":"\#(title)","price":\#(price),"quantity":\#(quantity),\#(others)}"#
    }

    func list(title: String = "A concert", price: Int = 1999, quantity: Int = 1) async throws -> ListingRepresentation {
        let answer = try await send(
            .post, "/api/tickets", json: Self.listing(title: title, price: price, quantity: quantity))
        try #require(answer.status == 201, "\(answer.text)")
        return try answer.decode()
    }

    /// - Parameter price: The price of the listing; the default is the default of ``list(title:price:quantity:)``.
    func order(_ ticket: ListingID, quantity: Int = 1, price: Int = 1999) async throws -> Answer {
        try await send(
            .post, "/api/orders", json: #"{"ticketId":"\#(ticket)","quantity":\#(quantity),"price":\#(price)}"#)
    }
}
