import ArgumentParser
import Bootstrap
import Foundation
import Marketplace
import Services

struct PoliciesCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policies", abstract: "Shows and changes fees and the limits on prices.",
        subcommands: [Apply.self, List.self, QuoteCommand.self])

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Applies the fee rules and price policies of a file.",
            discussion: """
                Without --execute, the command only shows what it would store.

                The whole file is checked first, and applied in one transaction or not at all. Rules and policies \
                that are already stored do not change, so the command is safe to repeat. It does not remove rules and \
                policies that the file leaves out: end a policy with the status repealed, and fees with a rule \
                without fees. A fee rule applies to listings that are created or get a new price later. The listings \
                on sale are also checked against a price policy, and suspended if they are above its limit. Orders \
                keep their price. Apply fee rules only when all processes run a build that knows them. \
                docs/OPERATIONS.md describes the format.
                """)
        @Argument(help: "The file, such as Policies/caps.json.") var file: String
        @Flag(help: "Store the rules and policies.") var execute = false

        func run() async throws {
            let parsed = try PricingFile(try Self.read(file), now: .now())
            guard parsed.faults.isEmpty else {
                let lines = parsed.faults.prefix(100).map { Readable.line("\(file): \($0.text)") }
                throw OperatorError(message: lines.joined(separator: "\n"))
            }
            let size = try JSONEncoder().encode(parsed.command).count
            guard size <= Self.commandLimit else {
                throw OperatorError(
                    message: "the command for these rules and policies has \(size) bytes, of at most "
                        + "\(Self.commandLimit). Split the file")
            }
            let execute = execute
            let report = try await OperatorContext.open(databases: .operating) { context -> PricingReport in
                let pool = try context.pool(of: .listings)
                if execute {
                    let reply = try await context.withCommands {
                        try await $0.send(parsed.command, to: .listings, for: PricingReply.self)
                    }
                    return PricingReport(reply: reply, isPlan: false)
                }
                var book = try await PricingBook.read(from: pool)
                return PricingReport(reply: book.apply(parsed.command, now: .now()), isPlan: true)
            }
            print(report.text)
        }

        /// Maximum number of bytes of a command. A stream entry may have more.
        private static let commandLimit = 60_000

        private static func read(_ path: String) throws -> [UInt8] {
            let bytes = try OperatorFile.read(path, upTo: PricingFile.limit)
            guard bytes.count <= PricingFile.limit else {
                throw OperatorError(message: "\(path) has more than \(PricingFile.limit) bytes. Split it")
            }
            return bytes
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the fee rules in force and the price policies.")

        func run() async throws {
            let book = try await OperatorContext.open(databases: .operating) { context in
                try await PricingBook.read(from: try context.pool(of: .listings))
            }
            print(PricingReport.list(book, now: .now()))
        }
    }
}
