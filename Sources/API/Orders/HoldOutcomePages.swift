import Marketplace

/// The pages for failed requests to hold tickets. Each page shows the reason and the next step.
struct HoldOutcomePages {
    var listing: Listing
    let visitor: Visitor
    /// The quantity that the buyer asked for, and the price of one ticket that their page showed.
    var asked = (quantity: 1, price: Int64(0), currency: Currency.usd)

    private var page: String { "/tickets/\(listing.state.id)" }
    private var back: OutcomePage.Link { .init("Back to the ticket", page, isQuiet: true) }
    private var similar: OutcomePage.Link {
        .init("Find similar tickets", "/" + URLEncoding.query([("q", listing.state.title)]))
    }

    var signedOut: View {
        let next = URLEncoding.query([("next", page)])
        return OutcomePage.view(
            title: "Sign in to get tickets",
            "You are not signed in. You may have signed out in another tab. No tickets are reserved yet.",
            links: [.init("Sign in", "/signin" + next), .init("Sign up", "/signup" + next, isQuiet: true), back])
    }

    var own: View {
        OutcomePage.view(
            title: "This is your own listing", "You can't buy your own tickets, but you can edit the listing.",
            links: [.init("Edit the listing", page + "/edit"), back])
    }

    func unclear(_ form: FormFields) -> View {
        OutcomePage.view(
            title: "How many tickets?", "No tickets are reserved yet.", form: again(form), links: [back])
    }

    func used(_ order: String) -> View {
        OutcomePage.view(
            title: "You already ordered tickets",
            "You already made an order with this form, so we did not reserve more tickets. "
                + "You can pay for that order or cancel it, or get more tickets.",
            form: again(FormFields(["quantity": String(asked.quantity)])),
            links: [.init("See your order", order), back])
    }

    /// The page for a refused order, or `nil` if the general error page is sufficient.
    ///
    /// - Parameter left: the number of tickets left now.
    func refused(_ problem: Problem, left: Int) -> View? {
        switch problem.code {
        case Refusal.Code.priceChanged.kebab: return priceChanged
        case Refusal.Code.soldOut.kebab where left > 0 && problem.isAboutSeats,
            Refusal.Code.quantityNotOffered.kebab where problem.isAboutSeats,
            Refusal.Code.invalid.kebab where problem.isAboutSeats:
            return otherSeats(problem)
        case Refusal.Code.soldOut.kebab where left > 0: return fewer(left)
        case Refusal.Code.soldOut.kebab: return soldOut
        case Refusal.Code.quantityNotOffered.kebab: return notOffered(problem.splits ?? [])
        case Refusal.Code.withdrawn.kebab:
            return OutcomePage.view(
                title: "No longer on sale",
                "This listing was removed while you were looking. No tickets were reserved.", links: [similar, back])
        case Refusal.Code.showStarted.kebab:
            return OutcomePage.view(
                title: "This event has started",
                "Its tickets are no longer on sale. No tickets were reserved.",
                links: [.init("Browse tickets", "/"), back])
        case Refusal.Code.tooManyHolds.kebab:
            return OutcomePage.view(
                title: "You have unpaid orders", problem.detail, links: [.init("See your orders", "/orders"), back])
        case Refusal.Code.tooManyUnits.kebab:
            return OutcomePage.view(
                title: "That is too many tickets", "\(problem.detail) No tickets were reserved.",
                form: again(FormFields(["quantity": "1"])),
                links: [.init("See your orders", "/orders", isQuiet: true), back])
        case Refusal.Code.holdsLapsed.kebab:
            return OutcomePage.view(
                title: "You can't reserve tickets at the moment",
                "You reserved tickets several times without paying for them, so others could not buy them. "
                    + "No tickets were reserved.",
                facts: problem.retryAt.map { [("You can order again", visitor.timeText($0))] } ?? [],
                links: [.init("See your orders", "/orders"), back])
        case Refusal.Code.invalid.kebab where problem.errors.contains { $0.field == "quantity" }:
            var form = FormFields(["quantity": String(asked.quantity)])
            let isTooMuch =
                Price(minorUnits: listing.state.allIn)?
                .times(asked.quantity, in: listing.state.currency) == nil
            form.fail(
                "quantity",
                isTooMuch
                    ? "The total is more than you can pay in one order. Choose fewer tickets."
                    : "The total is less than you can pay by card. Choose more tickets.")
            return unclear(form)
        default: return nil
        }
    }

    private var priceChanged: View {
        let quantity = asked.quantity
        let tickets = quantity == 1 ? "1 ticket" : "\(visitor.number(quantity)) tickets"
        let state = listing.state
        let facts = [
            ("Old price", amount(asked.price, asked.currency, quantity)),
            ("New price", amount(state.allIn, state.currency, quantity)),
        ]
        return OutcomePage.view(
            title: "The price has changed",
            "It changed while you were looking. No tickets are reserved yet. "
                + "These are the totals for \(tickets), with all fees.",
            facts: facts, form: again(FormFields(["quantity": String(quantity)])), links: [back])
    }

    private func amount(_ price: Int64, _ currency: Currency, _ quantity: Int) -> String {
        let each = visitor.formattedPrice(price, currency)
        guard let total = Price(minorUnits: price)?.times(quantity, in: currency) else { return each }
        let sum = visitor.formattedPrice(total, currency)
        return quantity == 1 ? sum : "\(sum) (\(visitor.number(quantity)) × \(each))"
    }

    private func fewer(_ left: Int) -> View {
        OutcomePage.view(
            title: left == 1 ? "Only 1 ticket is left" : "Only \(visitor.number(left)) tickets are left",
            "You asked for \(visitor.number(asked.quantity)). No tickets are reserved yet.",
            form: again(FormFields(["quantity": String(min(left, OrderState.quantityLimit))])),
            links: [similar, back])
    }

    /// - Parameter splits: the quantities that can be bought now.
    private func notOffered(_ splits: [Int]) -> View {
        guard let nearest = SplitChoice.nearest(to: asked.quantity, in: splits) else {
            return OutcomePage.view(
                title: "These tickets can't be bought right now",
                "Some of them are reserved, and the seller does not sell the others separately. "
                    + "No tickets are reserved for you. Try again in a few minutes.",
                links: [similar, back])
        }
        return OutcomePage.view(
            title: asked.quantity == 1
                ? "The seller doesn't sell single tickets now"
                : "The seller doesn't sell \(visitor.number(asked.quantity)) tickets together now",
            "No tickets are reserved yet. You can get these tickets in numbers of \(QuantitySet(splits).text).",
            form: again(FormFields(["quantity": String(nearest)]), splits: splits), links: [similar, back])
    }

    private func otherSeats(_ problem: Problem) -> View {
        OutcomePage.view(
            title: "You can't get these seats", "\(FormFields.sentence(problem.detail)) No tickets are reserved yet.",
            links: [.init("Choose other seats", page), similar])
    }

    private var soldOut: View {
        OutcomePage.view(
            title: "No tickets left",
            listing.held > 0
                ? "Someone else was faster. All tickets are sold or reserved. Reserved tickets go back on sale if they "
                    + "aren't paid for, so it can be worth trying again later."
                : "Someone else was faster: these tickets are sold out.",
            links: [similar, back])
    }

    /// The form to try again at the current price.
    ///
    /// - Parameter splits: the quantities that can be bought; `nil` for the quantities in the listing's representation.
    private func again(_ form: FormFields, splits: [Int]? = nil) -> View {
        let state = listing.state
        let choices = (splits ?? listing.representation.splits).flatMap { $0.isEmpty ? nil : $0 }
        let quantity = Field(
            "quantity", "How many tickets",
            choices.map { SplitChoice.quantities($0, visitor) } ?? .input("number"),
            hint: "\(visitor.formattedPrice(state.allIn, state.currency)) "
                + PriceView.each(state.pricing.breakdown(of: state.price)),
            attributes: choices == nil
                ? [("min", "1"), ("max", String(OrderState.quantityLimit)), ("inputmode", "numeric")] : [],
            in: form)
        return [
            "action": page + "/orders", "button": "Get tickets", "summary": form.summary,
            "fields": [quantity.view],
            "hidden": [
                ["name": "price", "value": String(state.allIn)] as View,
                ["name": "currency", "value": state.currency.rawValue] as View,
                ["name": FormKey.name, "value": FormKey.make()] as View,
            ],
        ]
    }
}

extension Problem {
    fileprivate var isAboutSeats: Bool { errors.contains { $0.field == "seats" } }
}
