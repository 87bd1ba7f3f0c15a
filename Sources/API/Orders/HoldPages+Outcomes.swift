import Marketplace

extension HoldPages {
    /// A try to hold tickets that came to nothing, in words.
    struct Attempt {
        var listing: Listing
        let visitor: Visitor
        /// What the buyer asked for, and at which price of one.
        var seen = (quantity: 1, price: Int64(0), currency: Currency.usd)

        private var page: String { "/tickets/\(listing.state.id)" }
        private var back: OutcomePage.Link { .init("Back to the ticket", page, isQuiet: true) }
        private var similar: OutcomePage.Link {
            .init("Look for similar tickets", "/" + URLText.query([("q", listing.state.title)]))
        }

        var signedOut: View {
            let next = URLText.query([("next", page)])
            return OutcomePage.view(
                title: "Sign in to hold tickets",
                "You are not signed in: perhaps you signed out in another tab. Nothing is held yet.",
                links: [.init("Sign in", "/signin" + next), .init("Sign up", "/signup" + next, isQuiet: true), back])
        }

        var own: View {
            OutcomePage.view(
                title: "This is your own listing", "You can't buy what you sell yourself. You can change the listing.",
                links: [.init("Edit the listing", page + "/edit"), back])
        }

        func unclear(_ form: FormFields) -> View {
            OutcomePage.view(
                title: "How many tickets?", "Nothing is held yet.", form: again(form), links: [back])
        }

        func used(_ order: String) -> View {
            OutcomePage.view(
                title: "You hold tickets already",
                "This form has made an order before, and was sent again with something else in it. "
                    + "Nothing more was held. You can pay or cancel that order, or hold more tickets.",
                form: again(FormFields(["quantity": String(seen.quantity)])),
                links: [.init("See your order", order), back])
        }

        /// Nil for what a page of any error says as well.
        ///
        /// - Parameter left: how many tickets can be held now.
        func refused(_ problem: Problem, left: Int) -> View? {
            switch problem.code {
            case Refusal.Code.priceChanged.kebab: return priceChanged
            case Refusal.Code.soldOut.kebab where left > 0: return fewer(left)
            case Refusal.Code.soldOut.kebab: return soldOut
            case Refusal.Code.withdrawn.kebab:
                return OutcomePage.view(
                    title: "No longer on sale",
                    "The seller has withdrawn these tickets meanwhile. Nothing is held.", links: [similar, back])
            case Refusal.Code.eventPast.kebab:
                return OutcomePage.view(
                    title: "The event has begun", "Its tickets are sold no more. Nothing is held.",
                    links: [.init("Browse tickets", "/"), back])
            case Refusal.Code.invalid.kebab where problem.errors.contains { $0.field == "quantity" }:
                var form = FormFields(["quantity": String(seen.quantity)])
                form.fail("quantity", "So many tickets cost more than can be paid at once: choose fewer.")
                return unclear(form)
            default: return nil
            }
        }

        private var priceChanged: View {
            let quantity = seen.quantity
            let tickets = quantity == 1 ? "1 ticket" : "\(visitor.number(quantity)) tickets"
            let state = listing.state
            let facts = [
                ("The price was", amount(seen.price, seen.currency, quantity)),
                ("The price now is", amount(state.price, state.currency, quantity)),
            ]
            return OutcomePage.view(
                title: "The price has changed",
                "The seller changed it while you looked. Nothing is held yet: this is for \(tickets), all told.",
                facts: facts, form: again(FormFields(["quantity": String(quantity)])), links: [back])
        }

        private func amount(_ price: Int64, _ currency: Currency, _ quantity: Int) -> String {
            guard let total = Price(minorUnits: price)?.times(quantity) else { return visitor.money(price, currency) }
            let sum = visitor.money(total, currency)
            return quantity == 1 ? sum : "\(sum) (\(visitor.number(quantity)) × \(visitor.money(price, currency)))"
        }

        private func fewer(_ left: Int) -> View {
            OutcomePage.view(
                title: left == 1 ? "Only 1 ticket is left" : "Only \(visitor.number(left)) tickets are left",
                "You asked for \(visitor.number(seen.quantity)). Nothing is held yet.",
                form: again(FormFields(["quantity": String(min(left, OrderState.quantityLimit))])),
                links: [similar, back])
        }

        private var soldOut: View {
            OutcomePage.view(
                title: "Nothing left",
                listing.held > 0
                    ? "Someone was quicker: all tickets are sold, or held by others while they pay. What is not paid "
                        + "in time comes back, so it can be worth looking again."
                    : "Someone was quicker: these tickets are sold out.",
                links: [similar, back])
        }

        /// The form of another try, at the price of now.
        private func again(_ form: FormFields) -> View {
            let state = listing.state
            let quantity = Field(
                "quantity", "How many tickets", .input("number"),
                hint: "\(visitor.money(state.price, state.currency)) each. The price you see is the price you pay.",
                attributes: [("min", "1"), ("max", String(OrderState.quantityLimit)), ("inputmode", "numeric")],
                in: form)
            return [
                "action": page + "/orders", "button": "Hold tickets", "summary": form.summary,
                "fields": [quantity.view],
                "hidden": [
                    ["name": "price", "value": String(state.price)] as View,
                    ["name": "currency", "value": state.currency.rawValue] as View,
                    ["name": FormKey.name, "value": FormKey.make()] as View,
                ],
            ]
        }
    }
}
