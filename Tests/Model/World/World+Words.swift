import Marketplace

extension World {
    /// A step as it stands in a trace.
    func text(_ step: Step, at state: WorldState) -> String {
        func of(_ number: Int) -> String { scenario.wishes.count > 1 ? " of order \(number + 1)" : "" }
        func again(_ isAgain: Bool) -> String { isAgain ? ", and will be once more" : "" }
        func name(_ call: PaymentCall.Name) -> String {
            "\(call.operation.rawValue) (attempt \(call.attempt), try \(call.try))"
        }
        func work(_ work: Job.Work) -> String {
            switch work {
            case .call(let call): name(call)
            case .look(let attempt): "the look at attempt \(attempt)"
            }
        }
        switch step {
        case .timePasses:
            let moment = Int(state[Part.clock])
            return "time passes: \(scenario.moments[moment]) → \(scenario.moments[moment + 1])"
        case .ask(let order): return "buyer \(scenario.wishes[order].buyer + 1) asks for order \(order + 1)"
        case .cancel(let order): return "the buyer cancels the order\(of(order))"
        case .checkOut(let order): return "the buyer checks out\(of(order))"
        case .administer(let isBan, let user): return "\(Cast.name(of: user)) is \(isBan ? "banned" : "unbanned")"
        case .change(let change): return "the seller changes the listing: \(change)"
        case .pay(let order, let page, let refuses):
            let card = refuses ? ", with a card that refuses the capture" : ""
            return "the buyer pays at page \(page + 1)\(of(order))\(card)"
        case .decline(let order, let page): return "a card is declined at page \(page + 1)\(of(order))"
        case .lapse(let order, let page): return "the authorisation of page \(page + 1)\(of(order)) lapses"
        case .byHand(let order, let page):
            return "page \(page + 1)\(of(order)) or its money is changed by hand at Stripe"
        case .pageCloses(let order, let page): return "page \(page + 1)\(of(order)) closes by itself"
        case .toTickets(let message, let isAgain):
            return "tickets hears \(text(ticketsMessages[message]))\(again(isAgain))"
        case .toOrders(let message, let isAgain):
            return "orders hears \(text(ordersMessages[message]))\(again(isAgain))"
        case .toPayments(let order, let message, let isAgain):
            return "payments hears\(of(order)) \(text(fileMessages[message]))\(again(isAgain))"
        case .webhookLost(let order, let message): return "lost: \(text(fileMessages[message]))\(of(order))"
        case .expire(let order): return "orders hears OrderExpired\(of(order))"
        case .call(let order, let call, let luck):
            return "Stripe is asked: \(name(call))\(of(order))\(luck == .none ? "" : ": \(luck.rawValue)")"
        case .lookAfter(let order, let job): return "the object is fetched after \(work(job))\(of(order))"
        case .store(let order, let job): return "stored: \(work(job))\(of(order))"
        case .look(let order, let attempt): return "a worker looks at Stripe for attempt \(attempt)\(of(order))"
        case .lookMissed(let order, let attempt): return "Stripe can't be looked at for attempt \(attempt)\(of(order))"
        }
    }

    private func text(_ message: TicketsMessage) -> String {
        switch message {
        case .user(let user): "that \(Cast.name(of: user.id)) is \(user.status) (version \(user.version))"
        case .order(let order): text(order)
        case .change(let change, _): "\(change)"
        }
    }

    private func text(_ message: OrdersMessage) -> String {
        switch message {
        case .user(let user): "that \(Cast.name(of: user.id)) is \(user.status) (version \(user.version))"
        case .ticket(let ticket):
            "TicketUpdated \(ticket.version) (\(ticket.quantity) offered\(ticket.withdrawn ? ", withdrawn" : ""))"
        case .payment(let payment): "\(payment.type.rawValue) of attempt \(payment.attempt)"
        case .expired: "OrderExpired"
        case .create(let order, _, let key): "CreateOrder \(order + 1) of \(key.quantity)"
        case .cancel(let order, _): "CancelOrder \(order + 1)"
        }
    }

    private func text(_ message: FileMessage) -> String {
        switch message {
        case .order(let order): text(order)
        case .start: "StartPayment"
        case .webhook(_, let type): "the webhook \(type)"
        }
    }

    private func text(_ order: OrderState) -> String {
        let claim = order.attempt.map { " by attempt \($0)" } ?? ""
        return "that the order is \(order.status.rawValue)\(claim) (version \(order.version))"
    }
}
