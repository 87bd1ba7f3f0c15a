import ArgumentParser
import Bootstrap

/// The operator's command.
@main
struct GitTix: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gittix",
        abstract: "Operates a GitTix installation.",
        discussion: "It reads its settings from the environment. docs/SETTINGS.md lists them.",
        version: Version.current,
        subcommands: [
            Migrate.self, UsersCommands.self, CatalogueCommands.self, PoliciesCommands.self, QueuesCommand.self,
            DeadLetterCommands.self,
            PaymentsCommands.self, PauseCommand.self, ResumeCommand.self, ReplayCommands.self, BackfillCommand.self,
            FollowersCommands.self, DoctorCommand.self, ServicesCommand.self,
        ])
}
