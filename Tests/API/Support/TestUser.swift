import CurlClient
import Foundation
import Support

/// A signed-up user with a browser that runs no scripts.
struct TestUser: Sendable {
    let browser: TestBrowser
    let id: String

    private static let http = CurlClient(maxConnectionsPerHost: 64)

    static func browser(at api: RunningAPI) -> TestBrowser {
        TestBrowser(["http://127.0.0.1:\(api.port)"], http: http)
    }

    static func signUp(at api: RunningAPI) async throws -> TestUser {
        let browser = browser(at: api)
        let email = "\(UUID().uuidString.prefix(12))@example.com"
        let user = try await browser.post(
            "/api/users/signup", ["email": .string(email), "password": "correct horse battery"]
        ).expect(201).json
        return TestUser(browser: browser, id: user["id"].string ?? "")
    }

    func page(_ path: String, _ status: Int = 200) async throws -> TestResponse {
        try await browser.visit(path).expect(status)
    }

    /// The form on a page.
    func form(_ path: String, to action: String? = nil) async throws -> HTMLForm {
        let page = try await page(path)
        guard let form = HTMLForm(page.text, to: action ?? path) else { throw SupportError("No form on \(page)") }
        return form
    }

    /// A future time, as a form sends it.
    static let evening = "2099-05-31T20:00"

    /// The fields of a valid listing form.
    static let listingFields = [
        "title": "Radio Nord", "venue": "Tempodrom", "city": "Berlin", "startsAt": evening,
        "timeZone": "Europe/Berlin", "section": "C", "row": "4", "note": "At the box office.\nAsk for Ana.",
        "price": "45.00", "currency": "EUR", "quantity": "3",
    ]

    /// Creates a listing with the form, and returns the path of its page.
    func sell(_ values: [String: String] = [:]) async throws -> String {
        let form = try await form("/sell").filled(Self.listingFields).filled(values)
        return try await browser.send(form).expect(303)[header: "Location"] ?? ""
    }

    /// The order form on the page of a listing, for a price that the page showed.
    static func holdForm(_ path: String, quantity: String = "1", price: String = "4500", key: UUID = UUID()) -> HTMLForm
    {
        HTMLForm(
            to: path + "/orders",
            ["quantity": quantity, "price": price, "currency": "EUR", "key": key.uuidString])
    }

    /// Orders tickets with the form, and returns the path of the order's page.
    func hold(_ path: String, quantity: String = "1") async throws -> String {
        try await browser.send(Self.holdForm(path, quantity: quantity)).expect(303)[header: "Location"] ?? ""
    }
}
