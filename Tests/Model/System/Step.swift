import Marketplace

/// A possible next step: one transaction, one call to Stripe, or one action of a user.
enum Step: Hashable {
    case timePasses
    case createOrder(order: Int)
    case cancel(order: Int)
    case checkOut(order: Int)
    case administer(ban: Bool, user: UserID)
    case change(Scenario.SellerChange)

    case pay(order: Int, page: Int, refusesCapture: Bool)
    case decline(order: Int, page: Int)
    case lapse(order: Int, page: Int)
    case byHand(order: Int, page: Int)
    case pageCloses(order: Int, page: Int)

    case toListings(UInt32, again: Bool)
    case toOrders(UInt32, again: Bool)
    case toPayments(order: Int, UInt32, again: Bool)
    case webhookLost(order: Int, UInt32)
    case expire(order: Int)
    case endHolds(WorkSlice)
    case withdrawListings(WorkSlice)

    case call(order: Int, PaymentCall.Name, Fault)
    case fetchAfter(order: Int, Job.Work)
    case store(order: Int, Job.Work)
    case poll(order: Int, attempt: Int)
    case pollFailed(order: Int, attempt: Int)

    enum Fault: String {
        case none = ""
        case killedBefore = "the worker is killed before it sends the call"
        case killedAfter = "Stripe executes the call, and the worker is killed"
        case responseLost = "Stripe executes the call, and the response is lost"
        case failsAfter = "Stripe executes the call, and then always responds 500 under its key"
        case failsBefore = "Stripe always responds 500 under its key"
        case late = "the call is sent again by a worker that was stalled for long"
    }
}
