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
                Without --execute it only says what it would do.

                The whole file is checked first, and applied in one transaction or not at all. What is stored already \
                stays as it is, so it is safe to repeat. Nothing is removed because it is missing in the file: end a \
                policy with the status repealed, and fees with a rule without fees. A fee rule counts for listings \
                that are made or get a new price after it. A price policy is also checked against the listings on \
                sale; those above it are suspended. Orders keep their price. Apply fee rules only when all processes \
                run a build that knows them. docs/OPERATIONS.md describes the format.
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
                    message: "the rules and policies have \(size) bytes as a command, and at most "
                        + "\(Self.commandLimit) are possible. Split the file")
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

        /// Less than a stream entry may have.
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
