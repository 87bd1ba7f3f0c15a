/// A ``StartPayment`` command that waits for its reply: the checkout page, or a refusal.
public struct PaymentWaiter: Hashable, Sendable {
    public var command: CommandID
    /// The Redis key at which the sender waits for the reply.
    public var reply: String

    public init(command: CommandID, reply: String) {
        self.command = command
        self.reply = reply
    }
}

/// The reply to a waiting command.
public struct PaymentReply: Sendable {
    public var waiter: PaymentWaiter
    public var result: Result<Checkout, Refusal>

    /// The result as a decision's outcome.
    public var outcome: Decision.Outcome {
        switch result {
        case .success(let checkout): .reply(checkout)
        case .failure(let refusal): .refused(refusal)
        }
    }
}
