/// A ``StartPayment`` that is answered once there is a page, or none can be.
public struct PaymentWaiter: Hashable, Sendable {
    public var command: CommandID
    /// Where its sender waits for the reply: a key of Redis.
    public var reply: String

    public init(command: CommandID, reply: String) {
        self.command = command
        self.reply = reply
    }
}

/// What a waiter is told.
public struct PaymentAnswer: Sendable {
    public var waiter: PaymentWaiter
    public var outcome: Result<Checkout, Refusal>

    /// As the replies of commands are.
    public var verdict: Verdict {
        switch outcome {
        case .success(let checkout): .done(checkout)
        case .failure(let refusal): .refused(refusal)
        }
    }
}
