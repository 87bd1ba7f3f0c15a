/// Stripe's hosted page, as a person uses it: look at it, fill in a card, press the button.
public struct SandboxPage: Sendable {
    /// The test cards (https://docs.stripe.com/testing).
    public enum Card: String, Sendable {
        case good = "4242424242424242"
        case declined = "4000000000000002"
        case refusedAtCapture = "4000000000005126"
    }

    private let browser: Browserless
    private let url: String

    public init(_ url: String, in browser: Browserless) {
        self.url = url
        self.browser = browser
    }

    public func look() async throws -> HTTPAnswer {
        try await browser.open(url)
    }

    /// Fills in the form that the page shows, hidden fields included, and sends it.
    ///
    /// - Returns: where the page sends the browser then.
    @discardableResult
    public func pay(_ card: Card = .good) async throws -> String {
        let answer = try await submit(card)
        guard (300..<400).contains(answer.status), let location = answer[header: "Location"] else {
            throw SupportError("The page took no payment: \(answer)")
        }
        return location
    }

    /// The same, whatever the page answers.
    public func submit(_ card: Card) async throws -> HTTPAnswer {
        let page = try await look().expect(200)
        guard let form = HTMLForm(page.text, having: "number") else {
            throw SupportError("There is no form for a card on \(page)")
        }
        let typed = ["number": card.rawValue, "exp": "12 / 39", "cvc": "737", "name": "Bo Buyer"]
        let fields = form.inputs.map { input in
            let value = typed.first { input.name.lowercased().contains($0.key) }?.value
            return (name: input.name, value: value ?? input.value)
        }
        return try await browser.submit(form.action(on: url), fields)
    }
}
