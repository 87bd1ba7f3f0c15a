import Marketplace

// The status of an order and what happens next. The order's page and its live updates use the same template and values.
extension OrderPages {
    /// Values of the template `order-live`, the part of the page that live updates replace.
    static func live(_ order: OrderState, _ visitor: Visitor, now: Timestamp = .now()) -> View {
        let status = OrderStatusView(order, now: now)
        let texts = texts(order, status, visitor)
        let isPayable = status == .payable
        let isPending = isPayable || status == .overdue || status == .paying
        return [
            "id": order.id.description, "status": order.status.rawValue, "state": status.name,
            "tone": status.tone, "heading": texts.heading, "lines": texts.lines,
            "until": isPayable ? visitor.localTime(order.expiresAt) : nil,
            "countdown": isPayable ? order.expiresAt.description : nil,
            "pay": isPayable ? "Pay \(visitor.formattedPrice(order.total, order.currency))" : nil,
            "again": status.mayOrderAgain && !order.details.hasStarted(by: now)
                ? "/tickets/\(order.ticketId)" + URLEncoding.query([("quantity", "\(order.quantity)")]) : nil,
            "changes": isPending,
        ]
    }

    private static func texts(
        _ order: OrderState, _ status: OrderStatusView, _ visitor: Visitor
    ) -> (heading: String, lines: [String]) {
        let isOne = order.quantity == 1
        let tickets = isOne ? "ticket" : "tickets"
        let money = visitor.formattedPrice(order.total, order.currency)
        let notCharged =
            "You were not charged. If your bank shows a pending amount, it will disappear in a few days."
        return switch status {
        case .payable:
            (
                "Pay now to get \(isOne ? "this ticket" : "these tickets")",
                [
                    "\(isOne ? "It's" : "They're") reserved for you. You'll pay securely with Stripe.",
                    "Already paid? It can take a few seconds to show here.",
                ]
            )
        case .overdue:
            (
                "Time's up",
                [
                    "If you just paid, we're checking your payment now. Otherwise we'll cancel the order, and you "
                        + "won't be charged."
                ]
            )
        case .paying:
            (
                "We're completing your payment",
                ["Nobody else can buy your \(tickets) now. This takes a few seconds."]
            )
        case .complete:
            (
                isOne ? "Paid: the ticket is yours" : "Paid: the tickets are yours",
                [
                    "You paid \(money).",
                    "You get the \(tickets) from the seller: GitTix doesn't deliver \(isOne ? "it" : "them"). "
                        + (order.details.note == nil
                            ? "The listing doesn't say how." : "Read the seller's note on this page."),
                ]
            )
        case .frozen:
            (
                "We are looking into your order",
                [
                    "The seller was suspended. We are looking into your order. Don't rely on "
                        + "\(isOne ? "this ticket" : "these tickets") until we tell you.",
                    "You paid \(money).",
                ]
            )
        case .listingTakenDown:
            (
                "This order was cancelled",
                ["We removed this listing, so its tickets are no longer on sale.", notCharged]
            )
        case .eventCancelled:
            ("This event was cancelled", ["Your order was cancelled too.", notCharged])
        case .cancelledByBuyer:
            ("You cancelled this order", ["The \(tickets) went back on sale.", notCharged])
        case .expired:
            (
                "Your time to pay ran out",
                ["We didn't get your payment in time, so the \(tickets) went back on sale.", notCharged]
            )
        case .buyerBanned:
            ("This order was cancelled", [BanText.ofCancelledOrder, notCharged])
        case .paymentFailed:
            (
                "Your payment failed",
                [
                    "Your bank declined the payment, so the \(tickets) went back on sale. You can order again and pay "
                        + "another way.",
                    notCharged,
                ]
            )
        case .cancelled:
            ("This order was cancelled", ["The \(tickets) went back on sale.", notCharged])
        case .refunded:
            (
                "Refunded",
                [
                    "We sent \(money) back to your original payment method. It can take a few days to arrive.",
                    "The \(tickets) \(isOne ? "is" : "are") no longer yours.",
                ]
            )
        }
    }
}
