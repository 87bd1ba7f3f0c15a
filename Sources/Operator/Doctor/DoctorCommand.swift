import ArgumentParser
import Bootstrap
import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Finds what is damaged in PostgreSQL, Redis and at Stripe, and mends it.",
        discussion: """
            Safe while the system works: what is on its way is not damage. What it finds it looks at twice, and reports \
            what stayed as it was. With --fix it mends, by the services' own locks and decisions; what needs pools to be \
            stopped or paused it says, and leaves. docs/OPERATIONS.md lists the kinds.

            Exit status: 0 nothing is damaged (any more), 1 something is (still), 2 it could not look.
            """)
    @Flag(help: "Mend what is found.") var fix = false
    @Flag(help: "Print JSON, an array with an object for each finding.") var json = false
    @Option(help: "Seconds between the two looks.") var patience = 5.0

    func validate() throws {
        guard (0...600).contains(patience) else { throw ValidationError("--patience takes 0 to 600 seconds") }
    }

    func run() async throws {
        let (fix, json, patience) = (fix, json, Duration.seconds(patience))
        let results: [Checkup.Result]
        do {
            let settings = try Settings.examining()
            results = try await Surgery.open(for: .examining, settings: settings.operating) { surgery in
                try await Checkup(surgery: surgery, settings: settings, patience: patience).run(fix: fix)
            }
        } catch {
            Launch.complain("gittix doctor could not look: \(error)")
            throw ExitCode(2)
        }
        print(json ? try CheckupText.json(results) : CheckupText.text(results, isFixing: fix))
        if results.contains(where: \.isDamage) { throw ExitCode(1) }
    }
}
