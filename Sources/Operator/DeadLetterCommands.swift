import ArgumentParser
import Marketplace
import Services
import Streams

struct DeadLetterCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "Shows, retries and deletes dead letters.",
        subcommands: [List.self, Show.self, Retry.self, Drop.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists dead letters, oldest first.")
        @Argument(help: "The service. All services by default.", transform: serviceNamed) var service: ServiceName?
        @Option(help: "Maximum number of letters of each service.") var limit = 20

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes a number from 1 to 10000") }
        }

        func run() async throws {
            let (services, limit) = (service.map { [$0] } ?? ServiceRegistry.topology.names, limit)
            try await OperatorContext.open { context in
                var lists: [DeadLetterText.List] = []
                for service in services {
                    let dead = context.dead(service)
                    // The number is read after the letters, so that it is not smaller.
                    let letters = try await dead.list(limit: limit)
                    lists.append(.init(service: service, letters: letters, count: try await dead.count()))
                }
                print(DeadLetterText.list(lists))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the fields and the history of a dead letter.")
        @OptionGroup var letter: LetterArguments

        func run() async throws {
            let letter = letter
            try await OperatorContext.open { context in
                guard let found = try await context.dead(letter.service).find(letter.id) else { throw letter.notFound }
                print(DeadLetterText.letter(found, of: letter.service))
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a dead letter back into its service's command stream.",
            discussion: """
                It keeps its id, so it has no second effect if it had one before. If it fails again, it becomes a new \
                dead letter. Repair the cause first.
                """)
        @Argument(help: "The service.", transform: serviceNamed) var service: ServiceName
        @Argument(help: "The letter's id, from `gittix dead list`.", transform: letterID) var id: StreamID?
        @Flag(help: "Put back all current letters of the service.") var all = false

        func validate() throws {
            if all == (id != nil) {
                throw ValidationError("give either a letter's id or --all: `gittix dead list \(service)` shows the ids")
            }
        }

        func run() async throws {
            let (service, id) = (service, id)
            try await OperatorContext.open { context in
                let dead = context.dead(service)
                guard let id else { return try await retryAll(dead) }
                guard let new = try await dead.retry(id) else { throw notFound(id, service) }
                print("\(service): \(id) is back in the command stream, as \(new)")
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a dead letter. It will have no effect.")
        @OptionGroup var letter: LetterArguments

        func run() async throws {
            let letter = letter
            try await OperatorContext.open { context in
                guard try await context.dead(letter.service).remove(letter.id) else { throw letter.notFound }
                print("\(letter.service): \(letter.id) is deleted")
            }
        }
    }
}

/// The arguments that name a dead letter.
struct LetterArguments: ParsableArguments {
    @Argument(help: "The service.", transform: serviceNamed) var service: ServiceName
    @Argument(help: "The letter's id, from `gittix dead list`.", transform: letterID) var id: StreamID

    var notFound: OperatorError { Operator.notFound(id, service) }
}

extension OperatorContext {
    fileprivate func dead(_ service: ServiceName) -> DeadLetters {
        DeadLetters(service: service, redis: redis, keys: keys)
    }
}

private func notFound(_ id: StreamID, _ service: ServiceName) -> OperatorError {
    OperatorError(
        message: """
            \(service) has no dead letter \(id) (any more): it may have been put back or deleted before. \
            `gittix dead list \(service)` lists the current ones
            """)
}

@Sendable private func letterID(_ text: String) throws -> StreamID {
    guard let id = StreamID(text) else {
        throw ValidationError(
            "“\(Readable.line(text))” is not the id of a dead letter. Ids look like 1795357675061-0; `gittix dead list` lists them"
        )
    }
    return id
}

/// Puts back the letters that exist at the start. Those that fail again become letters with greater ids, and stay.
private func retryAll(_ dead: DeadLetters) async throws {
    var (position, moved, unusable) = (StreamID.zero, 0, 0)
    if let last = try await dead.newest() {
        while true {
            let letters = try await dead.list(after: position).prefix { $0.id <= last }
            guard let end = letters.last?.id else { break }
            for letter in letters {
                // A letter that was written by hand may have no fields of its own. It is skipped.
                if letter.hasOwnFields {
                    if try await dead.retry(letter.id) != nil { moved += 1 }
                } else {
                    unusable += 1
                }
            }
            position = end
        }
    }
    print("\(dead.service): \(moved) put back")
    if unusable > 0 {
        throw OperatorError(
            message: """
                \(unusable) dead letters of \(dead.service) have no fields to put back, and stay. Check them with \
                `gittix dead list \(dead.service)`, and delete them with `gittix dead drop`
                """)
    }
}
