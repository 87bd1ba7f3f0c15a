import ArgumentParser
import Bootstrap
import FoundationEssentials
import Marketplace
import PostgresClient
import Services
import Storage
import Streams

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Finds and repairs damage in PostgreSQL, in Redis and at Stripe.",
        discussion: """
            It can run beside a working system: work in progress does not count as damage. It scans twice, and reports \
            only damage that both scans have found. --fix repairs the damage with the services' own locks and \
            decisions. It names the findings that need stopped or paused services, or an operator. \
            docs/OPERATIONS.md lists the kinds of damage.

            Exit status: 0 if no damage remains, 1 if damage remains, 2 if the check failed, or Stripe did not answer.
            """)
    @Flag(help: "Repair the damage that is found.") var fix = false
    @Flag(help: "Print JSON, an array with an object for each finding.") var json = false
    @Option(help: "Seconds between the two scans.") var confirmAfter = 5.0

    func validate() throws {
        guard (0...600).contains(confirmAfter) else { throw ValidationError("--confirm-after takes 0 to 600 seconds") }
    }

    func run() async throws {
        let (fix, json, confirmAfter) = (fix, json, Duration.seconds(confirmAfter))
        let results: [DoctorRun.Result]
        do {
            let settings = try Settings.doctor(schemas: ServiceRegistry.topology.withSchema)
            results = try await OperatorContext.open(databases: .examining, settings: settings.operating) { context in
                try await DoctorRun(context: context, settings: settings, confirmAfter: confirmAfter).run(fix: fix)
            }
        } catch {
            Launch.writeError("gittix doctor failed: \(error)")
            throw ExitCode(2)
        }
        print(json ? try DoctorReport.json(results) : DoctorReport.text(results, isFixing: fix))
        if results.contains(where: \.isDamage) { throw ExitCode(1) }
        if results.contains(where: { $0.finding.kind == .stripeUnreachable }) { throw ExitCode(2) }
    }
}
