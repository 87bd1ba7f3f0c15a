/// The commands that a new connection sends before any request: AUTH, SELECT, CLIENT SETNAME and PING.
///
/// PING detects a server that is still loading its data or requires a password.
struct Handshake {
    enum State: Equatable {
        case inProgress
        case ready
        /// The server is temporarily unavailable: retry.
        case unavailable(String)
        /// The server refuses the connection until a setting is changed.
        case refused(String)
    }

    let commands: [RedisCommand]
    private var repliesReceived = 0

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

    mutating func receive(_ reply: RedisValue) -> State {
        guard repliesReceived < commands.count else { return .refused("the server sent a reply without a request") }
        let command = commands[repliesReceived].name
        repliesReceived += 1
        if case .error(let error) = reply {
            switch (command, error.code) {
            // An ACL user without permission for these commands can still use the connection.
            case ("PING", "NOPERM"), ("CLIENT", _): break
            case (_, "LOADING"), (_, "MASTERDOWN"), (_, "BUSY"): return .unavailable(error.description)
            case (_, "ERR") where error.message.contains("max number of clients"):
                return .unavailable(error.description)
            default: return .refused("\(command): \(error)")
            }
        }
        return repliesReceived == commands.count ? .ready : .inProgress
    }
}
