import CurlClient
import Foundation
import Support

/// Someone with an account and a browser that runs no script.
struct Fan: Sendable {
    let browser: Browserless
    let id: String

    private static let http = CurlClient(maxConnectionsPerHost: 64)

    static func browser(at api: RunningAPI) -> Browserless {
        Browserless(["http://127.0.0.1:\(api.port)"], http: http)
    }

    static func signUp(at api: RunningAPI) async throws -> Fan {
        let browser = browser(at: api)
        let email = "\(UUID().uuidString.prefix(12))@example.com"
        let user = try await browser.post(
            "/api/users/signup", ["email": .string(email), "password": "correct horse battery"]
        ).expect(201).json
        return Fan(browser: browser, id: user["id"].string ?? "")
    }

    func page(_ path: String, _ status: Int = 200) async throws -> HTTPAnswer {
        try await browser.visit(path).expect(status)
    }

    /// The form of a page.
    func form(_ path: String, to action: String? = nil) async throws -> HTMLForm {
        let page = try await page(path)
        guard let form = HTMLForm(page.text, to: action ?? path) else { throw SupportError("No form on \(page)") }
        return form
    }

    /// An evening to come, as a form takes it.
    static let evening = "2099-05-31T20:00"

    static let sale = [
        "title": "Radio Nord", "venue": "Tempodrom", "city": "Berlin", "startsAt": evening,
        "timeZone": "Europe/Berlin", "section": "C", "row": "4", "note": "At the box office.\nAsk for Ana.",
        "price": "45.00", "currency": "EUR", "quantity": "3",
    ]

    /// Lists tickets by the page, and returns the path of their page.
    func sell(_ values: [String: String] = [:]) async throws -> String {
        let form = try await form("/sell").filled(Self.sale).filled(values)
        return try await browser.send(form).expect(303)[header: "Location"] ?? ""
    }

    /// The form that the page of a ticket has, as it stands at a price that was seen.
    static func hold(_ ticket: String, quantity: String = "1", price: String = "4500", key: UUID = UUID()) -> HTMLForm {
        HTMLForm(
            to: ticket + "/orders",
            ["quantity": quantity, "price": price, "currency": "EUR", "key": key.uuidString])
    }

    /// Holds tickets, and returns the path of the order's page.
    func holds(_ ticket: String, quantity: String = "1") async throws -> String {
        try await browser.send(Self.hold(ticket, quantity: quantity)).expect(303)[header: "Location"] ?? ""
    }
}
