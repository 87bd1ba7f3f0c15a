/// A reply, and the address that waits for it.
public struct ReplyMessage: Sendable, Hashable {
    /// The command's `reply`.
    public let address: ReplyAddress
    public let reply: Reply

    public init(to address: ReplyAddress, _ reply: Reply) {
        self.address = address
        self.reply = reply
    }
}
