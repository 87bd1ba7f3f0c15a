import Marketplace
package import Streams

/// Decides which senders may send commands to a service: processes that have the signing secret, and timers.
package struct CommandSenders: Sendable {
    private let authenticator: CommandAuthenticator
    private let timerCommands: Set<String>
    private let acceptsUnsigned: Bool

    /// - Parameters:
    ///   - timerCommands: The types of the commands of the service's timers. A script in Redis sends these, without a
    ///     code and without an actor. The decision about such a command depends only on the state of its subject, so a
    ///     forged command does no harm.
    ///   - acceptsUnsigned: Accepts commands without a code, while processes of version 0.9 still send them.
    package init(
        authenticator: CommandAuthenticator, timerCommands: Set<String> = [], acceptsUnsigned: Bool = false
    ) {
        self.authenticator = authenticator
        self.timerCommands = timerCommands
        self.acceptsUnsigned = acceptsUnsigned
    }

    /// Accepts no sender: for processors that read no stream.
    static let none = CommandSenders(authenticator: CommandAuthenticator(secrets: []))

    /// Returns the reason why a command is refused, or `nil` if it is accepted.
    func refusal(of command: CommandEnvelope, to service: ServiceName) -> String? {
        switch authenticator.verify(command, to: service) {
        case .authentic: return nil
        case .forged: return "its code `mac` is wrong: it was changed, or another secret signed it"
        case .unsigned:
            let isTimer = command.actor == .nobody && timerCommands.contains(command.type)
            return isTimer || acceptsUnsigned ? nil : "it has no code `mac`: see ACCEPT_UNSIGNED_COMMANDS"
        }
    }
}
