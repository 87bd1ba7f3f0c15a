import ArgumentParser
import Marketplace
import Streams

struct DeadCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "Looks at what was given up on, puts it back, or forgets it.",
        subcommands: [List.self, Show.self, Retry.self, Drop.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists dead letters, each service's oldest first.")
        @Argument(help: "The service that gave up. All when left out.", transform: serviceNamed) var service: Service?
        @Option(help: "The most letters to list of a service.") var limit = 20

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes a number from 1 to 10000") }
        }

        func run() async throws {
            let (services, limit) = (service.map { [$0] } ?? Service.allCases, limit)
            try await Desk.open { desk in
                var lists: [DeadText.List] = []
                for service in services {
                    let dead = desk.dead(service)
                    // The letters before their number, which is then not less than what is listed.
                    let letters = try await dead.list(limit: limit)
                    lists.append(.init(service: service, letters: letters, count: try await dead.count()))
                }
                print(DeadText.list(lists))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a dead letter: all its fields and its history.")
        @OptionGroup var letter: LetterArguments

        func run() async throws {
            let letter = letter
            try await Desk.open { desk in
                guard let found = try await desk.dead(letter.service).find(letter.id) else { throw letter.isGone }
                print(DeadText.letter(found, of: letter.service))
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a dead letter back into its service's inbox.",
            discussion: """
                Its id stays the same, so what did take effect is not done twice. What fails again comes back as a new \
                letter. Mend the cause first.
                """)
        @Argument(help: "The service that gave up.", transform: serviceNamed) var service: Service
        @Argument(help: "The letter's id, as `gittix dead list` shows it.", transform: letterID) var id: StreamID?
        @Flag(help: "Put back all letters of the service that are there now.") var all = false

        func validate() throws {
            if all == (id != nil) {
                throw ValidationError("give either a letter's id or --all: `gittix dead list \(service)` shows the ids")
            }
        }

        func run() async throws {
            let (service, id) = (service, id)
            try await Desk.open { desk in
                let dead = desk.dead(service)
                guard let id else { return try await retryAll(dead) }
                guard let new = try await dead.retry(id) else { throw isGone(id, service) }
                print("\(service): \(id) is back in the inbox, as \(new)")
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forgets a dead letter: what it asked for is never done.")
        @OptionGroup var letter: LetterArguments

        func run() async throws {
            let letter = letter
            try await Desk.open { desk in
                guard try await desk.dead(letter.service).remove(letter.id) else { throw letter.isGone }
                print("\(letter.service): \(letter.id) is dropped")
            }
        }
    }
}

/// Which letter.
struct LetterArguments: ParsableArguments {
    @Argument(help: "The service that gave up.", transform: serviceNamed) var service: Service
    @Argument(help: "The letter's id, as `gittix dead list` shows it.", transform: letterID) var id: StreamID

    var isGone: Refused { Operator.isGone(id, service) }
}

extension Desk {
    fileprivate func dead(_ service: Service) -> DeadLetters {
        DeadLetters(service: service, redis: redis, keys: keys)
    }
}

private func isGone(_ id: StreamID, _ service: Service) -> Refused {
    Refused(
        message: """
            \(service) has no dead letter \(id) (any more): it may have been put back or dropped before. \
            `gittix dead list \(service)` shows what is there.
            """)
}

@Sendable func serviceNamed(_ text: String) throws -> Service {
    guard let service = Service(rawValue: text) else {
        let names = Service.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("there is no service “\(Readable.line(text))”: take one of \(names)")
    }
    return service
}

@Sendable private func letterID(_ text: String) throws -> StreamID {
    guard let id = StreamID(text) else {
        throw ValidationError(
            "“\(Readable.line(text))” is no letter's id: they look like 1795357675061-0, and `gittix dead list` shows them"
        )
    }
    return id
}

/// Puts back what is there at the start: what dies again meanwhile has a greater id, and is left for the operator to see.
private func retryAll(_ dead: DeadLetters) async throws {
    var (position, moved, refused) = (StreamID.zero, 0, 0)
    if let last = try await dead.newest() {
        while true {
            let letters = try await dead.list(after: position).prefix { $0.id <= last }
            guard let end = letters.last?.id else { break }
            for letter in letters {
                // What has no field of its own, since somebody wrote it by hand, can go nowhere and stops nothing.
                if letter.hasOwnFields {
                    if try await dead.retry(letter.id) != nil { moved += 1 }
                } else {
                    refused += 1
                }
            }
            position = end
        }
    }
    print("\(dead.service): \(moved) put back")
    if refused > 0 {
        throw Refused(
            message: """
                \(refused) of \(dead.service) have no field but what was noted when they died, and stay: look at them by \
                `gittix dead list \(dead.service)`, and `gittix dead drop` them.
                """)
    }
}
