import Marketplace

/// What can happen next: one transaction, one call, one thing that somebody does.
enum Step: Hashable {
    case timePasses
    case ask(order: Int)
    case cancel(order: Int)
    case checkOut(order: Int)
    case administer(ban: Bool, user: UserID)
    case change(Scenario.SellerChange)

    case pay(order: Int, page: Int, refusesCapture: Bool)
    case decline(order: Int, page: Int)
    case lapse(order: Int, page: Int)
    case byHand(order: Int, page: Int)
    case pageCloses(order: Int, page: Int)

    case toTickets(UInt32, again: Bool)
    case toOrders(UInt32, again: Bool)
    case toPayments(order: Int, UInt32, again: Bool)
    case webhookLost(order: Int, UInt32)
    case expire(order: Int)

    case call(order: Int, PaymentCall.Name, Luck)
    case lookAfter(order: Int, Job.Work)
    case store(order: Int, Job.Work)
    case look(order: Int, attempt: Int)
    case lookMissed(order: Int, attempt: Int)

    enum Luck: String {
        case none = ""
        case killedBefore = "the worker is killed before it is sent"
        case killedAfter = "Stripe does it, and the worker is killed"
        case answerLost = "Stripe does it, and the answer is lost"
        case failsAfter = "Stripe does it, and answers 500 for ever"
        case failsBefore = "Stripe answers 500 for ever"
        case late = "sent again by a worker that was held for long"
    }
}
