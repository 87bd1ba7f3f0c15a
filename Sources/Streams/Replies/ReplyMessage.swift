/// A reply on its way to the process that waits for it.
public struct ReplyMessage: Sendable, Hashable {
    /// The waiting process: the command's `reply`.
    public let instance: String
    public let reply: Reply

    public init(instance: String, reply: Reply) {
        self.instance = instance
        self.reply = reply
    }
}
