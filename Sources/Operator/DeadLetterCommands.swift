import ArgumentParser
import Bootstrap
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
        @OptionGroup var place: LetterPlace

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes a number from 1 to 10000") }
        }

        func run() async throws {
            let (services, limit, place) = (service.map { [$0] } ?? place.services, limit, place)
            try await OperatorContext.open(databases: place.databases) { context in
                var lists: [DeadLetterText.List] = []
                for service in services {
                    let dead = try context.dead(service, place)
                    // The count is read after the letters, so that it is not smaller than their number.
                    let letters = try await dead.list(after: .zero, limit: limit)
                    lists.append(.init(service: service, letters: letters, count: try await dead.count()))
                }
                print(DeadLetterText.list(lists, isArchive: place.archived))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the fields and the history of a dead letter.")
        @OptionGroup var letter: LetterArguments

        func run() async throws {
            let letter = letter
            try await OperatorContext.open(databases: letter.place.databases) { context in
                guard let found = try await context.dead(letter.service, letter.place).find(letter.id) else {
                    throw letter.notFound
                }
                print(DeadLetterText.letter(found, of: letter.service))
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a dead letter back into its service's command stream.",
            discussion: """
                The message keeps its id, so it cannot take effect twice. If it fails again, it becomes a new dead \
                letter. Repair the cause first.
                """)
        @Argument(help: "The service.", transform: serviceNamed) var service: ServiceName
        @Argument(help: "The letter's id, from `gittix dead list`.", transform: letterID) var id: StreamID?
        @Flag(help: "Put back all current letters of the service.") var all = false
        @OptionGroup var place: LetterPlace

        func validate() throws {
            if all == (id != nil) {
                throw ValidationError("give either a letter's id or --all: `gittix dead list \(service)` shows the ids")
            }
        }

        func run() async throws {
            let (service, id, place) = (service, id, place)
            try await OperatorContext.open(databases: place.databases) { context in
                let dead = try context.dead(service, place)
                guard let id else { return try await retryAll(dead) }
                guard let new = try await dead.retry(id) else { throw notFound(id, service) }
                print("\(service): \(id) is back in the command stream, as \(new)")
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a dead letter, which then has no effect.")
        @OptionGroup var letter: LetterArguments

        func run() async throws {
            let letter = letter
            try await OperatorContext.open(databases: letter.place.databases) { context in
                guard try await context.dead(letter.service, letter.place).remove(letter.id) else {
                    throw letter.notFound
                }
                print("\(letter.service): \(letter.id) is deleted")
            }
        }
    }
}

/// The arguments that name a dead letter.
struct LetterArguments: ParsableArguments {
    @Argument(help: "The service.", transform: serviceNamed) var service: ServiceName
    @Argument(help: "The letter's id, from `gittix dead list`.", transform: letterID) var id: StreamID
    @OptionGroup var place: LetterPlace

    var notFound: OperatorError { Operator.notFound(id, service) }
}

/// The place of dead letters: Redis, or PostgreSQL for the oldest letters if there are many.
struct LetterPlace: ParsableArguments {
    @Flag(help: "The letters that were moved to PostgreSQL, because Redis had more than 1,000.") var archived = false

    /// Commands for letters in Redis open no database, so they also work while PostgreSQL is down.
    var databases: DatabasePools.Use? { archived ? .operating : nil }

    var services: [ServiceName] {
        archived ? ServiceRegistry.topology.withSchema : ServiceRegistry.topology.names
    }
}

extension OperatorContext {
    fileprivate func dead(_ service: ServiceName, _ place: LetterPlace) throws -> any DeadLetterStore {
        let letters = DeadLetters(service: service, redis: redis, keys: keys)
        guard place.archived else { return letters }
        return ArchivedDeadLetters(letters: letters, pool: try pool(of: service))
    }
}

private func notFound(_ id: StreamID, _ service: ServiceName) -> OperatorError {
    OperatorError(
        message: """
            \(service) has no dead letter \(id): it may already have been put back or deleted. \
            `gittix dead list \(service)` lists the current letters, and the moved letters with --archived
            """)
}

@Sendable private func letterID(_ text: String) throws -> StreamID {
    guard let id = StreamID(text) else {
        throw ValidationError(
            "“\(Readable.line(text))” is not the id of a dead letter. `gittix dead list` lists ids like 1795357675061-0"
        )
    }
    return id
}

/// Puts back the letters that exist at the start. Letters that fail again become new letters with greater ids, and are
/// not put back again.
private func retryAll(_ dead: any DeadLetterStore) async throws {
    var (position, moved, unusable) = (StreamID.zero, 0, 0)
    if let last = try await dead.newest() {
        while true {
            let letters = try await dead.list(after: position, limit: 100).prefix { $0.id <= last }
            guard let end = letters.last?.id else { break }
            for letter in letters {
                // A hand-written letter may not have the fields of an entry. It is skipped.
                if !letter.ownFields.isEmpty {
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
