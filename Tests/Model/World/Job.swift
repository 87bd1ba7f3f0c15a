import Marketplace

/// What a worker has under way at Stripe for an order. Its lease is the row's: a job whose row was written since stores
/// nothing any more, and is left out.
struct Job: Hashable {
    enum Work: Hashable {
        case call(PaymentCall.Name)
        /// Of the attempt.
        case look(Int)
    }

    enum Phase: Hashable {
        /// Stripe has answered; the object has to be looked at before that can be told.
        case toLook(Doubt)
        case ended(PaymentOutcome)
        case seen(SeenPayment)
    }

    /// What is made of the look.
    enum Doubt: Hashable {
        case done
        case refused(String)
        case doubtful
    }

    var work: Work
    var phase: Phase
    /// Stripe's session of the attempt when it was leased.
    var session: String?

    var attempt: Int {
        switch work {
        case .call(let name): name.attempt
        case .look(let attempt): attempt
        }
    }
}
