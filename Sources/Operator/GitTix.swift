import ArgumentParser

/// The operator's command.
@main
struct GitTix: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gittix",
        abstract: "Runs and looks after a GitTix.",
        discussion: "Settings come from the environment; docs/SETTINGS.md lists them.",
        subcommands: [
            Migrate.self, UsersCommands.self, QueuesCommand.self, DeadCommands.self, PauseCommand.self,
            ResumeCommand.self, ReplayCommands.self, DoctorCommand.self,
        ])
}
