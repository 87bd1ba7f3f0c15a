import FoundationEssentials
import PostgresClient
import Support
import Testing

private enum Colour: String, PostgresRepresentable { case red, blue }

@Suite("Values")
struct ValueTests {
    /// Binds and decodes each value, alone and in arrays.
    private func roundTrip<Value: PostgresScalar & Equatable>(
        _ values: [Value], as type: String, on connection: PostgresConnection
    ) async throws {
        let null: Value? = nil
        for value in values {
            let row = try await connection.query(
                "SELECT \(value), pg_typeof(\(value))::text, \(null), \([value, value]), \([value, nil])")[0]
            #expect(try row[0].decode() == value)
            #expect(try row[1].decode() == type)
            #expect(try row[2].decode() == Value?.none)
            #expect(try row[3].decode() == [value, value])
            #expect(try row[4].decode() == [value, nil])
        }
        let row = try await connection.query("SELECT \(values), \([Value]()), \([Value?]([nil, nil]))")[0]
        #expect(try row[0].decode() == values)
        #expect(try row[1].decode() == [Value]())
        #expect(try row[2].decode() == [Value?]([nil, nil]))
    }

    @Test("Every type survives a round trip, including NULL and arrays")
    func everyTypeSurvivesRoundTrip() async throws {
        let connection = try await connect()
        try await roundTrip([true, false], as: "boolean", on: connection)
        try await roundTrip([Int16.min, -1, 0, .max], as: "smallint", on: connection)
        try await roundTrip([Int32.min, -1, 0, .max], as: "integer", on: connection)
        try await roundTrip([Int64.min, -1, 0, .max], as: "bigint", on: connection)
        try await roundTrip([Int.min, -1, 0, .max], as: "bigint", on: connection)
        try await roundTrip([0.1, -.infinity, .greatestFiniteMagnitude, 0], as: "double precision", on: connection)
        try await roundTrip(["", "a'b\\\"c$1", "žluťoučký 🎫", "\u{1}\n"], as: "text", on: connection)
        try await roundTrip([UUID(), UUID()], as: "uuid", on: connection)
        try await roundTrip([[], [0, 255, 1], Array("x".utf8)] as [[UInt8]], as: "bytea", on: connection)
        try await roundTrip(
            [0, 1, -1, 946_684_800_000_000, 1_785_000_000_123_456].map(PostgresTimestamp.init(microseconds:)),
            as: "timestamp with time zone", on: connection)
        try await roundTrip([PostgresJSON("{\"a\": [1, null]}")], as: "jsonb", on: connection)
        try await roundTrip([Colour.red, .blue], as: "text", on: connection)
    }

    @Test("The server reads bound values as the same values")
    func serverReadsBoundValues() async throws {
        let connection = try await connect()
        let id = UUID()
        let moment = PostgresTimestamp(microseconds: 1_785_000_000_123_456)
        let row = try await connection.query(
            """
            SELECT \(id)::text, extract(epoch FROM \(moment))::text, \(Int64(-5))::text, \([UInt8]([222, 173]))::text,
                \(["a", nil, "b"])::text, \([[UInt8]]([[1], []]))::text, \(PostgresJSON("{\"b\":2}")) ->> 'b',
                \(1.5)::text, \(true)::text
            """)[0]
        let texts = try (0..<row.count).map { try row[$0].decode(as: String.self) }
        #expect(
            texts == [
                id.uuidString.lowercased(), "1785000000.123456", "-5", "\\xdead", "{a,NULL,b}",
                "{\"\\\\x01\",\"\\\\x\"}",
                "2", "1.5", "true",
            ])
    }

    @Test("Columns are decoded by name, by index and all at once")
    func columnsAreDecoded() async throws {
        let connection = try await connect()
        let rows = try await connection.query(
            "SELECT n AS id, 'x' || n AS name, NULLIF(n, 2) AS odd FROM generate_series(1, 3) AS n ORDER BY n")
        #expect(rows.count == 3 && rows.affectedRows == 3)
        #expect(rows.columnNames == ["id", "name", "odd"])
        #expect(try rows.map { try $0.decode("name", as: String.self) } == ["x1", "x2", "x3"])
        let (id, name, odd) = try rows[1].decode((Int64, String, Int?).self)
        #expect(id == 2 && name == "x2" && odd == nil)
        #expect(try rows.decode((Int, String, Int?).self).map(\.2) == [1, nil, 3])
        #expect(rows[0]["nothing"] == nil)
    }

    @Test("A value of the wrong type causes an error that names the column but not the value")
    func wrongTypeIsAnError() async throws {
        let connection = try await connect()
        let row = try await connection.query(
            """
            SELECT 'secret' AS word, NULL::int AS nothing, 70000 AS large, sum(1::bigint) AS total,
                ARRAY[1, NULL] AS gaps, 'infinity'::timestamptz AS never
            """)[0]
        func expectFailure<Value: PostgresDecodable>(_ column: String, as type: Value.Type) {
            let error = #expect(throws: PostgresError.self) { try row.decode(column, as: type) }
            #expect(error?.kind == .decoding)
            #expect(error?.message.contains("\"\(column)\"") == true)
            #expect(error?.message.contains("secret") == false)
        }
        expectFailure("word", as: Int.self)
        expectFailure("word", as: Colour.self)
        expectFailure("word", as: UUID.self)
        expectFailure("nothing", as: Int.self)
        expectFailure("large", as: Int16.self)
        expectFailure("large", as: [Int].self)
        expectFailure("total", as: Int64.self)
        expectFailure("gaps", as: [Int].self)
        expectFailure("never", as: PostgresTimestamp.self)
        expectFailure("absent", as: Int.self)
        #expect(throws: PostgresError.self) { try row.decode((String, Int).self) }
        #expect(try row.decode("gaps", as: [Int?].self) == [1, nil])
    }

    @Test("A bound value cannot change the statement")
    func boundValueCannotChangeStatement() async throws {
        let connection = try await connect()
        let words = ["'; DROP TABLE pg_class; --", "$1", "\\'", "\"", "/*", "%s", "{NULL}", "ab\u{202E}c"]
        for word in words {
            #expect(try await connection.query("SELECT \(word)")[0].decode(String.self) == word)
        }
        #expect(try await connection.query("SELECT unnest(\(words))").decode(String.self) == words)
        let error = try await failure { _ = try await connection.query("SELECT \("a\u{0}b")") }
        #expect(error.sqlState == "22021")
        // The connection remains usable.
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("An array of a hundred thousand values survives a round trip")
    func largeArraySurvivesRoundTrip() async throws {
        let connection = try await connect()
        let numbers = (0..<100_000).map { Int64($0) }
        let row = try await connection.query("SELECT sum(n)::bigint, count(*) FROM unnest(\(numbers)) AS n")[0]
        let (sum, count) = try row.decode((Int64, Int64).self)
        #expect(sum == 4_999_950_000 && count == 100_000)
        let back = try await connection.query("SELECT \(numbers)")[0].decode([Int64].self)
        #expect(back == numbers)
    }
}
