import Marketplace

// Steps at Stripe: payments on its pages, and changes to pages and money, caused by time or made by hand.
extension SystemModel {
    static let refundWebhook = "charge.refunded"

    func visitPages(_ number: Int, _ state: SystemState, _ visit: Visit) {
        guard state[Part.stripe + number] != 0 else { return }
        let stripe = stripes[state[Part.stripe + number]]
        let orderPayments = payments[state[Part.payments + number]]
        let now = time(of: state)
        for (index, page) in stripe.pages.enumerated() {
            func visitChanged(
                _ step: Step, _ mover: Mover, _ webhook: String?, _ budget: Budget? = nil,
                _ change: (inout StripeModel.Page) -> Void
            ) {
                var next = state
                if let budget {
                    guard has(budget, in: state) else { return }
                    spend(budget, in: &next)
                }
                var stripe = stripe
                change(&stripe.pages[index])
                next[Part.stripe + number] = stripes.id(of: stripe)
                if scenario.hasWebhooks, let webhook {
                    let object = webhook.hasPrefix("checkout") ? page.id : page.intent
                    let message = paymentsMessages.id(of: .webhook(object: object, type: webhook))
                    next[Part.toPayments + number] = bags.adding(message, to: next[Part.toPayments + number])
                }
                visit(next, step, mover)
            }

            if page.status == .open {
                if now >= page.expiresAt {
                    visitChanged(.pageCloses(order: number, page: index), .system, "checkout.session.expired") {
                        $0.close()
                    }
                }
                // Only pages whose URL was published can be paid.
                if orderPayments.attempts.contains(where: { $0.sessionId == page.id }) {
                    visitPaying(number, index, page, visitChanged)
                }
            }
            if page.status == .open, page.money == .unpaid {
                // The PaymentIntent of a declined card can still be paid until it is cancelled.
                visitChanged(.byHand(order: number, page: index), .other, "checkout.session.expired", .byHand) {
                    $0.status = .expired
                    $0.isChangedByHand = true
                }
            } else if page.money == .authorized {
                visitChanged(.lapse(order: number, page: index), .other, "payment_intent.canceled", .lapses) {
                    $0.money = .canceled
                }
                visitChanged(.byHand(order: number, page: index), .other, "payment_intent.succeeded", .byHand) {
                    $0.money = .captured
                    $0.isChangedByHand = true
                }
            } else if page.money == .captured {
                visitChanged(.byHand(order: number, page: index), .other, Self.refundWebhook, .byHand) {
                    $0.money = .refunded
                    $0.isChangedByHand = true
                }
            }
        }
    }

    private func visitPaying(
        _ number: Int, _ index: Int, _ page: StripeModel.Page,
        _ visitChanged: (Step, Mover, String?, Budget?, (inout StripeModel.Page) -> Void) -> Void
    ) {
        for refuses in [false, true] {
            visitChanged(
                .pay(order: number, page: index, refusesCapture: refuses), .other, "checkout.session.completed",
                refuses ? .badCards : nil
            ) {
                $0.status = .complete
                $0.money = .authorized
                $0.refusesCapture = refuses
            }
        }
        if page.money == .none {
            visitChanged(
                .decline(order: number, page: index), .other, "payment_intent.payment_failed", .declines
            ) { $0.money = .unpaid }
        }
    }
}
