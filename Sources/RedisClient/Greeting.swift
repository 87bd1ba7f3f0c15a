/// What a connection says before any request: who it is, which database, its name; and PING, which tells a server that
/// loads its data or wants a password from one that is ready.
struct Greeting {
    enum Step: Equatable {
        case goOn
        case ready
        /// The server will serve later: try again.
        case unavailable(String)
        /// Trying again changes nothing until somebody changes a setting.
        case refused(String)
    }

    let commands: [RedisCommand]
    private var answered = 0

    init(_ configuration: RedisConfiguration) {
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            var authenticate = RedisCommand("AUTH")
            if let user = configuration.user { authenticate.append(user) }
            authenticate.append(password)
            commands.append(authenticate)
        }
        if configuration.database != 0 { commands.append(RedisCommand("SELECT", configuration.database)) }
        if let name = configuration.clientName { commands.append(RedisCommand("CLIENT", "SETNAME", name)) }
        commands.append(RedisCommand("PING"))
        self.commands = commands
    }

    mutating func receive(_ reply: RedisValue) -> Step {
        guard answered < commands.count else { return .refused("an answer that nobody asked for") }
        let command = commands[answered].name
        answered += 1
        if case .error(let error) = reply {
            switch (command, error.code) {
            // What an ACL user may not do here does not stop it from working.
            case ("PING", "NOPERM"), ("CLIENT", _): break
            case (_, "LOADING"), (_, "MASTERDOWN"), (_, "BUSY"): return .unavailable(error.description)
            case (_, "ERR") where error.message.contains("max number of clients"):
                return .unavailable(error.description)
            default: return .refused("\(command): \(error)")
            }
        }
        return answered == commands.count ? .ready : .goOn
    }
}
