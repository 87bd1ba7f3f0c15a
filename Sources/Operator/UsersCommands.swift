import ArgumentParser
import Bootstrap
import Marketplace
import PostgresClient

struct UsersCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Shows and bans users, and appoints admins.",
        subcommands: [Show.self, Ban.self, Unban.self, Promote.self, Demote.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a user.")
        @Argument(help: "An e-mail address or an id.") var user: String

        func run() async throws {
            try await OperatorContext.open(databases: .operating) { context in
                let row = try await context.find(user)
                print("id       \(try row.decode("id", as: UserID.self))")
                for column in ["email", "role", "status"] {
                    print(column.padded(to: 8), try row.decode(column, as: String.self))
                }
                if let reason = try row.decode("ban_reason", as: String?.self) { print("banned  ", reason) }
                print("version ", try row.decode("version", as: Int64.self))
                print("since   ", try row.decode("created_at", as: Timestamp.self))
            }
        }
    }

    struct Ban: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bans a user.",
            discussion:
                "Their sessions end, all API processes refuse them within a second, and unpaid orders are cancelled.")
        @Argument(help: "An e-mail address or an id.") var user: String
        @Option(help: "The reason, which is stored.") var reason = "banned by the operator"

        func run() async throws {
            try await change(user) { BanUser(userId: $0, reason: reason) }
        }
    }

    struct Unban: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lifts a ban.")
        @Argument(help: "An e-mail address or an id.") var user: String

        func run() async throws {
            try await change(user) { UnbanUser(userId: $0) }
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a user an admin.")
        @Argument(help: "An e-mail address or an id.") var user: String

        func run() async throws {
            try await change(user) { ChangeRole(userId: $0, role: .admin) }
        }
    }

    struct Demote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes an admin a member again.")
        @Argument(help: "An e-mail address or an id.") var user: String

        func run() async throws {
            try await change(user) { ChangeRole(userId: $0, role: .member) }
        }
    }
}

/// Sends a command that changes a user, and prints the user's new state.
private func change(_ user: String, _ command: @Sendable (UserID) -> some CommandPayload) async throws {
    try await OperatorContext.open(databases: .operating) { context in
        let id = try await context.find(user).decode("id", as: UserID.self)
        let state = try await context.withCommands { try await $0.send(command(id), to: .users, for: UserState.self) }
        print("\(user): \(state.status.rawValue), \(state.role.rawValue), version \(state.version)")
    }
}

extension OperatorContext {
    /// Returns the row of a user with this e-mail address or id.
    func find(_ user: String) async throws -> PostgresRow {
        let pool = try pool(of: .users)
        let columns: SQL = "SELECT id, email, role, status, ban_reason, version, created_at FROM users.users"
        let condition: SQL
        if let id = UserID(user) {
            condition = " WHERE id = \(id)"
        } else if let email = EmailAddress(user) {
            condition = " WHERE email = \(email.text)"
        } else {
            throw OperatorError(message: "“\(user)” is not an e-mail address or an id")
        }
        guard let row = try await pool.query(columns + condition).first else {
            throw OperatorError(message: "there is no user with the e-mail address or id \(user)")
        }
        return row
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
