import Marketplace

// What must hold at the instant of a step.
extension World {
    /// What payments tells of an attempt must be so at Stripe.
    func judge(_ event: PaymentEvent, _ number: Int, in state: WorldState) {
        let file = files[state[Part.file + number]]
        let page = stripes[state[Part.stripe + number]].page(file.session(of: event.attempt))
        switch event.kind {
        case .failed:
            if let page, !page.isDead, page.money != .givenBack {
                blame("PaymentFailed is told while the page is \(page.status) and its money \(page.money)")
            }
        case .charged:
            if page?.money != .taken, page?.money != .givenBack {
                blame("ChargeCreated is told and the money is \(text(page))")
            }
        case .refunded:
            if page?.money != .givenBack { blame("ChargeRefunded is told and the money is \(text(page))") }
        case .authorized:
            if page == nil || page?.money == StripeBook.Page.Money.none {
                blame("PaymentAuthorized is told and the money is \(text(page))")
            }
        }
    }

    private func text(_ page: StripeBook.Page?) -> String { page.map { "\($0.money)" } ?? "nowhere" }

    /// What becomes of an order must be so at Stripe.
    func judge(_ turn: OrdersBook.Turn, in state: WorldState) {
        guard let attempt = turn.to.attempt else { return }
        let file = files[state[Part.file + turn.order]]
        let page = stripes[state[Part.stripe + turn.order]].page(file.session(of: attempt))
        let isRight =
            switch turn.to.status {
            case .complete: page?.money == .taken || page?.money == .givenBack
            case .refunded: page?.money == .givenBack
            case .cancelled: page.map { $0.isDead || $0.money == .givenBack } ?? true
            case .awaitingPayment, .confirmed: true
            }
        if !isRight { blame("the order becomes \(turn.to.status) and the money is \(text(page))") }
    }

    /// What is asked of Stripe for the first time must be wanted. `state` is as it was before.
    func judge(_ call: PaymentsBook.Call, _ number: Int, in state: WorldState) {
        let file = files[state[Part.file + number]]
        let stripe = stripes[state[Part.stripe + number]]
        let order = orders[state[Part.orders]].state(of: number)
        let name = call.call.name
        let session = file.session(of: name.attempt)
        switch name.operation {
        case .createSession:
            for page in stripe.pages where !page.isDead && page.money != .givenBack {
                guard let other = file.attempts.first(where: { $0.sessionId == page.id }) else { continue }
                blame(
                    "a page for attempt \(name.attempt) while that of attempt \(other.number) is \(page.status), "
                        + "its money \(page.money)")
            }
        case .capture:
            if order?.status != .confirmed || order?.attempt != name.attempt {
                blame("a capture while the order is \(order.map { "\($0.status)" } ?? "nothing")")
            }
        case .refund:
            let isGood = order?.status == .confirmed || order?.status == .complete
            if isGood, order?.attempt == name.attempt, stripe.page(session)?.isByHand != true {
                blame("a refund of an order that is \(order.map { "\($0.status)" } ?? "nothing")")
            }
        case .expireSession, .cancelIntent: break
        }
        guard name.try > 1 else { return }
        let before = PaymentCall.Name(attempt: name.attempt, operation: name.operation, try: name.try - 1)
        guard let earlier = file.call(before),
            let answer = stripe.answer(under: earlier.request.key, now: time(of: state))
        else { return }
        switch answer {
        case .done, .closed, .refunded:
            blame("another key for \(name.operation.rawValue), though the first still tells that it was done")
        case .refused, .failed, .clash: break
        }
    }

    /// What must hold in every state.
    func judge(_ state: WorldState) {
        for number in scenario.wishes.indices {
            let taken = stripes[state[Part.stripe + number]].pages.count { $0.money == .taken && !$0.isByHand }
            if taken > 1 { blame("an order is paid twice") }
        }
    }
}
