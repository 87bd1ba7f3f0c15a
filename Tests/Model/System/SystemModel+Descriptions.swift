import Marketplace

extension SystemModel {
    /// The description of a step in a trace.
    func text(_ step: Step, at state: SystemState) -> String {
        func of(_ number: Int) -> String { scenario.plannedOrders.count > 1 ? " of order \(number + 1)" : "" }
        func again(_ isAgain: Bool) -> String { isAgain ? ", which is repeated later" : "" }
        func name(_ call: PaymentCall.Name) -> String {
            "\(call.operation.rawValue) (attempt \(call.attempt), try \(call.try))"
        }
        func work(_ work: Job.Work) -> String {
            switch work {
            case .call(let call): name(call)
            case .poll(let attempt): "the poll of attempt \(attempt)"
            }
        }
        switch step {
        case .timePasses:
            let moment = Int(state[Part.clock])
            return "time passes: \(scenario.moments[moment]) → \(scenario.moments[moment + 1])"
        case .createOrder(let order):
            return "buyer \(scenario.plannedOrders[order].buyer + 1) creates order \(order + 1)"
        case .cancel(let order): return "the buyer cancels the order\(of(order))"
        case .checkOut(let order): return "the buyer checks out\(of(order))"
        case .administer(let isBan, let user): return "\(Fixture.name(of: user)) is \(isBan ? "banned" : "unbanned")"
        case .change(let change): return "the seller changes the listing: \(change)"
        case .pay(let order, let page, let refuses):
            let card = refuses ? ", with a card that refuses the capture" : ""
            return "the buyer pays at page \(page + 1)\(of(order))\(card)"
        case .decline(let order, let page): return "a card is declined at page \(page + 1)\(of(order))"
        case .lapse(let order, let page): return "the authorization of page \(page + 1)\(of(order)) lapses"
        case .byHand(let order, let page):
            return "page \(page + 1)\(of(order)) or its money is changed by hand at Stripe"
        case .pageCloses(let order, let page): return "page \(page + 1)\(of(order)) expires"
        case .toListings(let message, let isAgain):
            return "listings receives \(text(listingsMessages[message]))\(again(isAgain))"
        case .toOrders(let message, let isAgain):
            return "orders receives \(text(ordersMessages[message]))\(again(isAgain))"
        case .toPayments(let order, let message, let isAgain):
            return "payments receives\(of(order)) \(text(paymentsMessages[message]))\(again(isAgain))"
        case .webhookLost(let order, let message): return "lost: \(text(paymentsMessages[message]))\(of(order))"
        case .expire(let order): return "orders receives OrderExpired\(of(order))"
        case .endHolds(let slice): return "orders ends holds of \(Fixture.name(of: UserID(slice.work.subject)))"
        case .withdrawListings: return "listings withdraws the listing"
        case .call(let order, let call, let fault):
            return "call to Stripe: \(name(call))\(of(order))\(fault == .none ? "" : ": \(fault.rawValue)")"
        case .fetchAfter(let order, let job): return "the object is fetched after \(work(job))\(of(order))"
        case .store(let order, let job): return "stored: \(work(job))\(of(order))"
        case .poll(let order, let attempt): return "a worker polls attempt \(attempt)\(of(order))"
        case .pollFailed(let order, let attempt): return "a poll of attempt \(attempt)\(of(order)) fails"
        }
    }

    private func text(_ message: ListingsMessage) -> String {
        switch message {
        case .user(let user): "\(Fixture.name(of: user.id)) is \(user.status) (version \(user.version))"
        case .order(let order): text(order)
        case .change(let change, _): "\(change)"
        case .withdrawListings: "a slice of withdrawals"
        }
    }

    private func text(_ message: OrdersMessage) -> String {
        switch message {
        case .user(let user): "\(Fixture.name(of: user.id)) is \(user.status) (version \(user.version))"
        case .listing(let listing):
            "TicketUpdated \(listing.version) (\(listing.quantity) offered\(listing.withdrawn ? ", withdrawn" : ""))"
        case .payment(let payment): "\(payment.type.rawValue) of attempt \(payment.attempt)"
        case .expired: "OrderExpired"
        case .create(let order, _, let key): "CreateOrder \(order + 1) of \(key.quantity)"
        case .cancel(let order, _): "CancelOrder \(order + 1)"
        case .endHolds: "a slice of ended holds"
        }
    }

    private func text(_ message: PaymentsMessage) -> String {
        switch message {
        case .order(let order): text(order)
        case .start: "StartPayment"
        case .webhook(_, let type): "the webhook \(type)"
        }
    }

    private func text(_ order: OrderState) -> String {
        let claim = order.attempt.map { " by attempt \($0)" } ?? ""
        return "the order is \(order.status.rawValue)\(claim) (version \(order.version))"
    }
}
