/// The sandbox's payment page, as a buyer uses it.
public struct SandboxPage: Sendable {
    /// Test cards (https://docs.stripe.com/testing). Only the sandbox has the last one.
    public enum Card: String, Sendable {
        case good = "4242424242424242"
        case declined = "4000000000000002"
        case refusedAtCapture = "4000004020000000"
    }

    private let browser: TestBrowser
    private let url: String

    public init(_ url: String, in browser: TestBrowser) {
        self.url = url
        self.browser = browser
    }

    public func open() async throws -> TestResponse {
        try await browser.open(url)
    }

    /// Submits the page's form, including hidden fields, with a card.
    ///
    /// - Returns: The URL that the page redirects to.
    @discardableResult
    public func pay(_ card: Card = .good) async throws -> String {
        let response = try await submit(card)
        guard (300..<400).contains(response.status), let location = response[header: "Location"] else {
            throw SupportError("The payment did not succeed: \(response)")
        }
        return location
    }

    /// Submits the form and returns any response.
    public func submit(_ card: Card) async throws -> TestResponse {
        let page = try await open().expect(200)
        guard let form = HTMLForm(page.text, having: "number") else {
            throw SupportError("The page has no card form: \(page)")
        }
        let values = ["number": card.rawValue, "exp": "12 / 39", "cvc": "737", "name": "Bo Buyer"]
        let fields = form.inputs.map { input in
            let value = values.first { input.name.lowercased().contains($0.key) }?.value
            return (name: input.name, value: value ?? input.value)
        }
        return try await browser.submit(form.action(on: url), fields)
    }
}
