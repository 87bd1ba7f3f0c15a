import PostgresClient
import Support
import Testing

@Suite("Transactions")
struct TransactionTests {
    private struct BodyError: Error {}

    private func table() async throws -> PostgresConnection {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE work (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        return connection
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query("SELECT count(*) FROM work")[0].decode(Int.self)
    }

    @Test("A transaction commits when its body returns and rolls back when it throws")
    func transactionCommitsOrRollsBack() async throws {
        let connection = try await table()
        let value = try await connection.transaction { transaction in
            try await transaction.execute("INSERT INTO work VALUES (1)")
            return 7
        }
        #expect(value == 7)
        await #expect(throws: BodyError.self) {
            try await connection.transaction { transaction in
                try await transaction.execute("INSERT INTO work VALUES (2)")
                throw BodyError()
            }
        }
        #expect(try await count(connection) == 1)
        // A body without statements sends nothing.
        try await connection.transaction { _ in }
    }

    @Test("Opening statements are sent with the first statement, or when their results are read")
    func openingStatementsAreSentWithFirstStatement() async throws {
        let connection = try await table()
        for readsOpeningFirst in [true, false] {
            try await connection.transaction(opening: ["SELECT 1", "SELECT 2 AS two"]) { transaction in
                if !readsOpeningFirst { #expect(try await transaction.query("SELECT 3")[0].decode(Int.self) == 3) }
                let opening = try await transaction.opening()
                #expect(try opening.map { try $0[0].decode(Int.self) } == [1, 2])
                #expect(try await transaction.query("SELECT 4")[0].decode(Int.self) == 4)
                #expect(try await transaction.opening().count == 2)
            }
        }
        try await connection.transaction { transaction in
            #expect(try await transaction.opening().isEmpty)
            try await transaction.commit(with: ["INSERT INTO work VALUES (1)"])
            #expect(try await transaction.opening().isEmpty)
        }
        #expect(try await count(connection) == 1)
        await #expect(throws: PostgresError.self) {
            try await connection.transaction(opening: ["SELECT 1 / 0"]) { transaction in
                try await transaction.execute("INSERT INTO work VALUES (2)")
            }
        }
        #expect(try await count(connection) == 1)
    }

    @Test("The last statements and COMMIT are sent together, and no statement may follow")
    func lastStatementsAreSentWithCommit() async throws {
        let connection = try await table()
        let error = try await failure {
            try await connection.transaction { transaction in
                let results = try await transaction.commit(with: ["INSERT INTO work VALUES (1)", "SELECT \(5)"])
                try #require(results.count == 2)
                #expect(try results[1][0].decode(Int.self) == 5)
                _ = try await transaction.query("SELECT 1")
            }
        }
        #expect(error.kind == .usage)
        #expect(try await count(connection) == 1)
        try await connection.transaction { transaction in
            try await transaction.execute("INSERT INTO work VALUES (2)")
            try await transaction.commit()
        }
        #expect(try await count(connection) == 2)
    }

    @Test("An error in the last pipeline names the statement, including COMMIT")
    func errorInLastPipelineNamesStatement() async throws {
        let connection = try await table()
        let second = try await failure {
            try await connection.transaction {
                _ = try await $0.commit(with: ["INSERT INTO work VALUES (1)", "SELECT 1 / 0"])
            }
        }
        #expect(second.statementIndex == 1 && second.sqlState == "22012")
        let commit = try await failure {
            try await connection.transaction {
                _ = try await $0.commit(with: ["INSERT INTO work VALUES (1), (1)"])
            }
        }
        #expect(commit.kind == .server && commit.sqlState == "23505" && commit.statementIndex == 1)
        #expect(try await count(connection) == 0)
    }

    @Test("A transaction with an error that the body swallows is not committed")
    func swallowedErrorPreventsCommit() async throws {
        let connection = try await table()
        let error = try await failure {
            try await connection.transaction { transaction in
                try await transaction.execute("INSERT INTO work VALUES (1)")
                _ = try? await transaction.query("SELECT 1 / 0")
            }
        }
        #expect(error.sqlState == "22012")
        #expect(try await count(connection) == 0)
    }

    @Test("A transaction has the requested isolation level and access mode, and cannot be nested")
    func transactionHasRequestedMode() async throws {
        let connection = try await table()
        try await connection.transaction(level: .repeatableRead, readOnly: true) { transaction in
            let level = try await transaction.query("SELECT current_setting('transaction_isolation')")
            #expect(try level[0].decode(String.self) == "repeatable read")
            let nested = try await failure { try await connection.transaction { _ in } }
            #expect(nested.kind == .usage)
        }
        let error = try await failure {
            try await connection.transaction(readOnly: true) { _ = try await $0.query("CREATE TABLE no (a int)") }
        }
        #expect(error.sqlState == "25006")
    }

    @Test("A transaction cannot be used after its end")
    func endedTransactionIsRefused() async throws {
        let connection = try await table()
        let escaped = try await connection.transaction { transaction in
            try await transaction.execute("SELECT 1")
            return transaction
        }
        #expect(try await failure { _ = try await escaped.query("SELECT 1") }.kind == .usage)
        try await connection.transaction { transaction in
            #expect(try await failure { _ = try await escaped.query("SELECT 1") }.kind == .usage)
            try await transaction.execute("INSERT INTO work VALUES (1)")
        }
        #expect(try await count(connection) == 1)
    }

    @Test("A script is rolled back with its transaction")
    func scriptIsRolledBack() async throws {
        let connection = try await table()
        await #expect(throws: BodyError.self) {
            try await connection.transaction { transaction in
                try await transaction.script(unsafe: "INSERT INTO work VALUES (1); INSERT INTO work VALUES (2)")
                throw BodyError()
            }
        }
        #expect(try await count(connection) == 0)
    }
}
