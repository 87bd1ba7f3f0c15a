import Marketplace

// Invariants of single steps, and of all states.
extension SystemModel {
    /// Checks that an event of the payments service is true at Stripe.
    func check(_ event: PaymentEvent, _ number: Int, in state: SystemState) {
        let orderPayments = payments[state[Part.payments + number]]
        let page = stripes[state[Part.stripe + number]].page(orderPayments.session(of: event.attempt))
        switch event.kind {
        case .failed:
            if let page, !page.isEnded, page.money != .refunded {
                report("PaymentFailed is emitted while the page is \(page.status) and its money \(page.money)")
            }
        case .charged:
            if page?.money != .captured, page?.money != .refunded {
                report("ChargeCreated is emitted while the money is \(text(page))")
            }
        case .refunded:
            if page?.money != .refunded { report("ChargeRefunded is emitted while the money is \(text(page))") }
        case .authorized:
            if page == nil || page?.money == StripeModel.Page.Money.none {
                report("PaymentAuthorized is emitted while the money is \(text(page))")
            }
        }
    }

    private func text(_ page: StripeModel.Page?) -> String { page.map { "\($0.money)" } ?? "nowhere" }

    /// Checks that a status change of an order matches its payment at Stripe.
    func check(_ change: OrdersModel.StatusChange, in state: SystemState) {
        guard let attempt = change.to.attempt else { return }
        let orderPayments = payments[state[Part.payments + change.order]]
        let page = stripes[state[Part.stripe + change.order]].page(orderPayments.session(of: attempt))
        let isRight =
            switch change.to.status {
            case .complete: page?.money == .captured || page?.money == .refunded
            case .refunded: page?.money == .refunded
            case .cancelled: page.map { $0.isEnded || $0.money == .refunded } ?? true
            case .awaitingPayment, .confirmed: true
            }
        if !isRight { report("the order becomes \(change.to.status) while the money is \(text(page))") }
    }

    /// Checks that a call that takes effect at Stripe is wanted.
    ///
    /// - Parameter state: The state before the call.
    func check(_ call: PaymentsModel.Call, _ number: Int, in state: SystemState) {
        let orderPayments = payments[state[Part.payments + number]]
        let stripe = stripes[state[Part.stripe + number]]
        let order = orders[state[Part.orders]].state(of: number)
        let name = call.call.name
        let session = orderPayments.session(of: name.attempt)
        switch name.operation {
        case .createSession:
            for page in stripe.pages where !page.isEnded && page.money != .refunded {
                guard let other = orderPayments.attempts.first(where: { $0.sessionId == page.id }) else { continue }
                report(
                    "a page for attempt \(name.attempt) while that of attempt \(other.number) is \(page.status), "
                        + "its money \(page.money)")
            }
        case .capture:
            if order?.status != .confirmed || order?.attempt != name.attempt {
                report("a capture while the order is \(order.map { "\($0.status)" } ?? "nothing")")
            }
        case .refund:
            let isGood = order?.status == .confirmed || order?.status == .complete
            if isGood, order?.attempt == name.attempt, stripe.page(session)?.isChangedByHand != true {
                report("a refund of an order that is \(order.map { "\($0.status)" } ?? "nothing")")
            }
        case .expireSession, .cancelIntent: break
        }
        guard name.try > 1 else { return }
        let before = PaymentCall.Name(attempt: name.attempt, operation: name.operation, try: name.try - 1)
        guard let earlier = orderPayments.call(before),
            let response = stripe.response(under: earlier.request.key, now: time(of: state))
        else { return }
        switch response {
        case .done, .closed, .refunded:
            report("another key for \(name.operation.rawValue), although the first still returns the effect")
        case .refused, .failed, .clash: break
        }
    }

    /// Checks the invariants of every state.
    func check(_ state: SystemState) {
        for number in scenario.plannedOrders.indices {
            let captured = stripes[state[Part.stripe + number]].pages.count {
                $0.money == .captured && !$0.isChangedByHand
            }
            if captured > 1 { report("an order is paid twice") }
        }
    }
}
