import Marketplace

// Where an order stands and what happens next, for the template `order-live`: what a page shows of it and what is sent to
// those who watch it are made here alike.
extension OrderPages {
    /// What changes of an order's page while it is looked at. It names everything that the template asks for.
    static func live(_ order: OrderState, _ visitor: Visitor, now: Timestamp = .now()) -> View {
        let standing = OrderStanding(order, now: now)
        let words = words(order, standing, visitor)
        let isPayable = standing == .payable
        return [
            "id": order.id.description, "status": order.status.rawValue, "state": standing.name,
            "tone": standing.tone, "heading": words.heading, "lines": words.lines,
            "until": isPayable ? visitor.moment(order.expiresAt) : nil,
            "countdown": isPayable ? order.expiresAt.description : nil,
            "pay": isPayable ? "Pay \(visitor.money(order.total, order.currency))" : nil,
            "again": standing.isOver && !order.details.hasBegun(by: now) ? "/tickets/\(order.ticketId)" : nil,
            "changes": standing == .payable || standing == .overdue || standing == .paying,
        ]
    }

    private static func words(
        _ order: OrderState, _ standing: OrderStanding, _ visitor: Visitor
    ) -> (heading: String, lines: [String]) {
        let isOne = order.quantity == 1
        let tickets = isOne ? "ticket" : "tickets"
        let money = visitor.money(order.total, order.currency)
        let nothing = "You were not charged. Should your bank show the amount as reserved, it lets go of it by itself."
        return switch standing {
        case .payable:
            (
                "Pay now, and \(isOne ? "it is" : "they are") yours",
                [
                    "Nobody else can buy \(isOne ? "this ticket" : "these tickets") meanwhile. You pay on the payment "
                        + "provider's own page, and come back here.",
                    "Paid already? That takes some seconds to arrive.",
                ]
            )
        case .overdue:
            (
                "The time to pay is over",
                ["The order is being cancelled, unless a payment of the last moment arrives."]
            )
        case .paying:
            (
                "Your payment has arrived",
                ["The \(tickets) can't go to anyone else now. The payment is being completed: this takes some seconds."]
            )
        case .complete:
            (
                isOne ? "The ticket is yours" : "The tickets are yours",
                [
                    "You paid \(money). Your order is recorded under the number that this page shows.",
                    "The seller hands the \(tickets) over to you: GitTix keeps the record that nobody else was sold "
                        + "\(isOne ? "it" : "them").",
                ]
            )
        case .cancelledByBuyer:
            ("You cancelled this order", ["The \(tickets) went back on sale.", nothing])
        case .expired:
            ("The hold ran out", ["It was not paid in time, so the \(tickets) went back on sale.", nothing])
        case .buyerBanned:
            ("The order was cancelled", ["The account was banned before the order was paid.", nothing])
        case .paymentFailed:
            (
                "The payment failed",
                [
                    "The bank refused the payment when it was to be taken, so the \(tickets) went back on sale. Order "
                        + "again, and pay in another way.",
                    nothing,
                ]
            )
        case .cancelled:
            ("The order was cancelled", ["The \(tickets) went back on sale.", nothing])
        case .refunded:
            (
                "You got your money back",
                [
                    "\(money) went back to where you paid from: banks may take some days to show it.",
                    "The \(tickets) \(isOne ? "is" : "are") not yours any more.",
                ]
            )
        }
    }
}
