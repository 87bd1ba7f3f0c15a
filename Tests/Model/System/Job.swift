import Marketplace

/// The work of a worker on one order's payments at Stripe.
///
/// The lease is stored in the work's row. Once that row is written again, the job's outcome would be discarded, so the
/// job is left out of the state.
struct Job: Hashable {
    enum Work: Hashable {
        case call(PaymentCall.Name)
        /// The poll of an attempt.
        case poll(attempt: Int)
    }

    enum Phase: Hashable {
        /// Stripe has responded. The object must be fetched before the outcome is known.
        case toFetch(FetchReason)
        case ended(PaymentOutcome)
        case polled(PaymentSnapshot)
    }

    /// The outcome that the fetched object completes.
    enum FetchReason: Hashable {
        case done
        case refused(String)
        case doubtful
    }

    var work: Work
    var phase: Phase
    /// The attempt's session at Stripe when the work was leased.
    var session: String?

    var attempt: Int {
        switch work {
        case .call(let name): name.attempt
        case .poll(let attempt): attempt
        }
    }
}
