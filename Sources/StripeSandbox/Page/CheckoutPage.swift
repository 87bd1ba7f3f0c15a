/// The buyer's pages. All external text must be `escaped`.
enum CheckoutPage {
    static func form(_ session: Session, _ form: CardForm, errors: [CardForm.Field: String] = [:]) -> String {
        let alerts = CardForm.Field.allCases.compactMap { field in
            errors[field].map { "<li><a href=\"#\(field.rawValue)\">\($0.escaped)</a></li>" }
        }
        let alert =
            alerts.isEmpty
            ? ""
            : "<div class=\"alert\" role=\"alert\"><strong>You have not been charged.</strong><ul>\(alerts.joined())</ul></div>"
        let total = SandboxCurrency.text(session.amountTotal, session.currency).escaped
        return layout(
            title: "\(errors.isEmpty ? "" : "Error: ")Pay \(total)",
            """
            <div class="columns">
            \(summary(session, total))
            <section aria-labelledby="pay">
            <h2 id="pay">Pay by card</h2>
            \(alert)
            <form method="post" action="/c/pay/\(session.id)" novalidate>
            \(input(.number, "Card number", "", errors, #"inputmode="numeric" placeholder="4242 4242 4242 4242" list="cards""#))
            <datalist id="cards">\(options)</datalist>
            <div class="pair">
            \(input(.expiry, "Expires", form.expiry, errors, #"placeholder="MM / YY" inputmode="numeric""#))
            \(input(.cvc, "Security code", "", errors, #"placeholder="123" inputmode="numeric" maxlength="4""#))
            </div>
            \(input(.name, "Name on card", form.name, errors, #"maxlength="100""#))
            <button type="submit">Pay \(total)</button>
            </form>
            \(back(session))
            </section>
            </div>
            \(cards)
            """)
    }

    static func authentication(_ session: Session) -> String {
        layout(
            title: "3-D Secure",
            """
            <section class="narrow" aria-labelledby="bank">
            <h2 id="bank">Confirm your payment</h2>
            <p>Your bank asks you to confirm a payment of \
            <strong>\(SandboxCurrency.text(session.amountTotal, session.currency).escaped)</strong>. \
            A real bank would ask in its app, or for a code.</p>
            <form method="post" action="/c/pay/\(session.id)/authenticate">
            <button type="submit" name="action" value="complete">Confirm payment</button>
            <button type="submit" name="action" value="fail" class="quiet">Reject payment</button>
            </form>
            </section>
            """)
    }

    static func closed(_ session: Session) -> String {
        let isComplete = session.status == .complete
        let link = isComplete ? session.redirectURL : session.cancelURL
        return layout(
            title: isComplete ? "Already paid" : "This page has expired",
            """
            <section class="narrow">
            <h2>\(isComplete ? "You have already paid" : "This page has expired")</h2>
            <p>\(isComplete ? "There is nothing else to do." : "You have not been charged. Go back to start again.")</p>
            \(link.map { "<p><a class=\"button\" href=\"\($0.escaped)\">Return to the shop</a></p>" } ?? "")
            </section>
            """)
    }

    static func missing() -> String {
        layout(
            title: "Page not found",
            """
            <section class="narrow"><h2>Checkout page not found</h2>
            <p>The sandbox keeps its pages in memory, so a restart removes them.</p></section>
            """)
    }

    private static func summary(_ session: Session, _ total: String) -> String {
        let rows = session.items.map { item in
            let amount = SandboxCurrency.text(item.unitAmount * item.quantity, session.currency).escaped
            return "<li><span>\(item.name.escaped) × \(item.quantity)</span><span>\(amount)</span></li>"
        }
        return """
            <section class="summary" aria-labelledby="order">
            <h2 id="order">Your order</h2>
            <p class="total">\(total)</p>
            <ul>\(rows.joined())</ul>
            </section>
            """
    }

    private static func input(
        _ field: CardForm.Field, _ label: String, _ value: String, _ errors: [CardForm.Field: String],
        _ attributes: String
    ) -> String {
        let name = field.rawValue
        let error = errors[field]
        let marks = error == nil ? "" : " aria-invalid=\"true\" aria-describedby=\"\(name)-error\""
        let message = error.map { "<p class=\"error\" id=\"\(name)-error\">\($0.escaped)</p>" } ?? ""
        return """
            <div class="field"><label for="\(name)">\(label)</label>
            <input id="\(name)" name="\(name)" value="\(value.escaped)" autocomplete="off" required \(attributes)\(marks)>
            \(message)</div>
            """
    }

    private static func back(_ session: Session) -> String {
        session.cancelURL.map { "<p><a href=\"\($0.escaped)\">← Cancel and return to the shop</a></p>" } ?? ""
    }

    private static let options = TestCard.all.map { "<option value=\"\($0.groupedNumber)\">\($0.result)</option>" }
        .joined()

    private static let cards = """
        <details><summary>Test cards</summary>
        <p>Use any future date, any security code and any name. Never enter a real card.</p>
        <table><thead><tr><th scope="col">Number</th><th scope="col">Result</th></tr></thead><tbody>
        \(TestCard.all.map { "<tr><td><code>\($0.groupedNumber)</code></td><td>\($0.result)</td></tr>" }.joined())
        </tbody></table></details>
        """

    private static func layout(title: String, _ body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(title) · Stripe sandbox</title>
        <style>\(style)</style>
        </head>
        <body>
        <header><h1>Checkout</h1><p class="badge">Sandbox: no real money</p></header>
        <main>
        \(body)
        </main>
        </body>
        </html>

        """
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1a1f36;--soft:#4f566b;--line:#8792a2;--paper:#fff;--field:#fff;--wash:#f6f8fa;\
        --accent:#4b45c6;--on:#fff;--bad:#b3093c}
        @media(prefers-color-scheme:dark){:root{--ink:#eef0f6;--soft:#b6bccb;--line:#7b8396;--paper:#1b1e2b;\
        --field:#12141d;--wash:#12141d;--accent:#a5a1ff;--on:#12141d;--bad:#ff8fa9}}
        *{box-sizing:border-box}
        body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--wash)}
        header,main{max-width:56rem;margin:0 auto;padding:1rem}
        header{display:flex;gap:1rem;align-items:center;flex-wrap:wrap}
        h1{font-size:1.25rem;margin:0}h2{font-size:1.125rem;margin:0 0 1rem}
        .badge{margin:0;padding:.125rem .625rem;border-radius:1rem;background:#ffde92;color:#4a2b00;font-size:.875rem;\
        font-weight:600}
        .columns{display:grid;gap:1.5rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));align-items:start}
        section,details{background:var(--paper);border-radius:.75rem;padding:1.5rem;box-shadow:0 1px 3px #0003}
        details{margin-top:1.5rem}summary{cursor:pointer;font-weight:600}
        .narrow{max-width:32rem;margin:0 auto}
        .total{font-size:2rem;font-weight:700;margin:0 0 1rem}
        ul{margin:0;padding:0;list-style:none}
        .summary li{display:flex;justify-content:space-between;gap:1rem;border-top:1px solid var(--line);padding:.5rem 0;\
        overflow-wrap:anywhere}
        .field{margin-bottom:1rem}.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
        label{display:block;font-weight:600;margin-bottom:.25rem}
        input{width:100%;font:inherit;color:inherit;background:var(--field);border:1px solid var(--line);\
        border-radius:.375rem;padding:.625rem}
        input[aria-invalid]{border-color:var(--bad)}
        button,.button{display:block;width:100%;font:inherit;font-weight:600;text-align:center;text-decoration:none;\
        color:var(--on);background:var(--accent);border:1px solid var(--accent);border-radius:.375rem;padding:.75rem;\
        cursor:pointer;margin-bottom:.75rem}
        .quiet{background:none;color:var(--accent)}
        a{color:var(--accent)}a.button{color:var(--on)}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        .alert{border:2px solid var(--bad);border-radius:.375rem;padding:.75rem;margin-bottom:1rem}
        .alert a,.error{color:var(--bad)}.error{margin:.25rem 0 0}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.375rem;border-top:1px solid var(--line)}
        """
}

extension String {
    /// Escapes HTML text and quoted attribute values.
    fileprivate var escaped: String {
        var result = ""
        for character in unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
