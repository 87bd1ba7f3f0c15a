import PostgresClient
import Testing

@Suite("SQL")
struct SQLTests {
    @Test("An interpolated value is bound, not spliced in")
    func interpolatedValueIsBound() {
        let name = "x'; DROP TABLE users; --"
        let sql: SQL = "SELECT * FROM users WHERE name = \(name) AND age > \(5)"
        #expect(sql.text == "SELECT * FROM users WHERE name = $1 AND age > $2")
        #expect(!"\(sql)".contains("DROP"))
    }

    @Test("Statements compose, and their parameters are renumbered")
    func statementsCompose() {
        let condition: SQL = "id = \(1) OR id = \(2)"
        let sql: SQL = "SELECT \(3) WHERE \(condition) AND \(fragment: condition) LIMIT \(4)"
        #expect(sql.text == "SELECT $1 WHERE id = $2 OR id = $3 AND id = $4 OR id = $5 LIMIT $6")
        let joined = SQL(joining: [condition, "true"], separator: " AND ")
        #expect((joined + " OR \(5)").text == "id = $1 OR id = $2 AND true OR $3")
        #expect(SQL(joining: [], separator: ",").text == "")
    }

    @Test("Identifiers are quoted, and only unsafe text is inserted unchanged")
    func identifiersAreQuoted() {
        let sql: SQL = "SELECT \(identifier: "a\"b") FROM \(unsafe: "c.d")"
        #expect(sql.text == "SELECT \"a\"\"b\" FROM c.d")
    }

    @Test("A configuration never shows its password, and a malformed URL is refused without quoting it")
    func passwordIsNeverShown() throws {
        let url = "postgresql://me:hunter2@one:1,two:2/shop?sslmode=require&target_session_attrs=read-write"
        let configuration = try PostgresConfiguration(url: url)
        #expect(configuration.description == "postgresql://me@one:1,two:2/shop")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2") && !"\(configuration)".contains("hunter2"))
        #expect(!String(reflecting: configuration).contains("hunter2"))
        let error = #expect(throws: PostgresError.self) {
            try PostgresConfiguration(url: "postgresql://me:hunter2@[::1")
        }
        #expect(error?.kind == .usage)
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }
}
