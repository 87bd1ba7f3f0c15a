import Marketplace
import PostgresClient
import Storage
import Streams

/// The dead letters of a service in Redis, or the letters that were moved to PostgreSQL.
protocol DeadLetterStore: Sendable {
    var service: ServiceName { get }

    func count() async throws -> Int
    /// Returns the letters after `position`, oldest first.
    func list(after position: StreamID, limit: Int) async throws -> [DeadLetters.Letter]
    func find(_ id: StreamID) async throws -> DeadLetters.Letter?
    /// Returns the id of the newest letter, or `nil` if there is none.
    func newest() async throws -> StreamID?
    /// Puts a letter back into the command stream. Returns the new entry's id, or `nil` if there is no such letter.
    func retry(_ id: StreamID) async throws -> StreamID?
    /// Deletes a letter. Returns false if there is none.
    func remove(_ id: StreamID) async throws -> Bool
}

extension DeadLetters: DeadLetterStore {}

/// The dead letters of a service that were moved to PostgreSQL.
struct ArchivedDeadLetters: DeadLetterStore {
    let letters: DeadLetters
    let pool: PostgresPool

    var service: ServiceName { letters.service }
    private var archive: DeadLetterArchive { DeadLetterArchive(service: service) }

    func count() async throws -> Int { try await archive.count(on: pool) }

    func list(after position: StreamID, limit: Int) async throws -> [DeadLetters.Letter] {
        try await archive.list(
            after: (position.description, Timestamp(milliseconds: Int64(clamping: position.milliseconds))),
            limit: limit, on: pool
        ).compactMap(DeadLetters.Letter.init)
    }

    func find(_ id: StreamID) async throws -> DeadLetters.Letter? {
        try await archive.find(id.description, on: pool).flatMap(DeadLetters.Letter.init)
    }

    func newest() async throws -> StreamID? { try await archive.newest(on: pool).flatMap { StreamID($0) } }

    /// The transaction that deletes the letter is committed after Redis has the entry. If the COMMIT fails, the letter
    /// stays, and another retry has no second effect, because the message keeps its id.
    func retry(_ id: StreamID) async throws -> StreamID? {
        try await pool.withTransaction { transaction in
            guard
                let letter = try await archive.remove(id.description, on: transaction).flatMap(DeadLetters.Letter.init)
            else { return nil }
            guard let new = try await letters.putBack(letter) else {
                throw OperatorError(message: "\(id) has no fields to put back; `gittix dead drop` deletes it")
            }
            return new
        }
    }

    func remove(_ id: StreamID) async throws -> Bool {
        try await archive.remove(id.description, on: pool) != nil
    }
}

extension DeadLetters.Letter {
    init?(_ archived: DeadLetterArchive.Letter) {
        guard let id = StreamID(archived.id) else { return nil }
        self.init(id: id, fields: archived.fields)
    }
}
