import Foundation
import Marketplace
import Support
import Testing

extension Journeys {
    /// Entries that somebody wrote into a stream by hand.
    @Suite(.serialized)
    struct BadEntryTests {
        /// What may be wrong with a command's fields, each by itself.
        private static let wrong: [(what: String, changes: [String: String?])] = [
            ("no id", ["id": nil]), ("an id that is none", ["id": "seventeen"]), ("no type", ["type": nil]),
            ("no version", ["v": nil]), ("a version that is no number", ["v": "one"]),
            ("a version below zero", ["v": "-1"]), ("no time", ["at": nil]),
            ("a time that is none", ["at": "yesterday"]),
            ("no actor", ["actor": nil]), ("an actor that is nobody", ["actor": "the queen"]),
            ("no reply", ["reply": nil]),
            ("a reply that is no process", ["reply": "a}:{b"]), ("no trace", ["trace": nil]),
            ("no body", ["body": nil]),
            ("an empty body", ["body": ""]), ("a body that is no JSON", ["body": "{\"ticketId\": "]),
            ("a body of another shape", ["body": "[1, 2, 3]"]), ("a body without its fields", ["body": "{}"]),
            ("a body with fields of other types", ["body": "{\"ticketId\": 5, \"quantity\": \"many\"}"]),
            ("a body that is too long", ["body": "\"\(String(repeating: "x", count: 70_000))\""]),
        ]

        private static let commandTypes = [
            "users": "SignUp", "tickets": "CreateTicket", "orders": "CreateOrder", "payments": "StartPayment",
        ]

        @Test("Entries added by hand go to the dead letters or wait, and hinder nothing")
        func byHand() async throws {
            try await System.run { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyer = try await Person.signUp("buyer", in: system.browser())
                let ticket = try await seller.list("A ticket", quantity: 10)
                let before = try await facts(system)

                for (service, type) in Self.commandTypes {
                    for entry in Self.wrong {
                        try await add(to: "gittix:commands:{\(service)}", type: type, changes: entry.changes)
                    }
                    try await system.redis.command("XADD", "gittix:commands:{\(service)}", "*", "hello", "world")
                    try await system.redis.command(
                        "EVAL", "return redis.call('XADD', KEYS[1], '*', 'id', string.char(255, 0, 254), 'body', '{}')",
                        "1", "gittix:commands:{\(service)}")
                }
                try await works(system, seller, buyer, ticket)
                for service in Self.commandTypes.keys {
                    let expected = Self.wrong.count + 2
                    try await eventually("the dead letters of \(service) are \(expected)") {
                        try await length("gittix:dead:{\(service)}", system) == expected
                    }
                }
                #expect(try await facts(system) == before, "nothing was changed")

                func add(to key: String, type: String, changes: [String: String?]) async throws {
                    try await system.add(to: key, fields: Self.command(type, actor: buyer.id, changes: changes))
                }
            }
        }

        @Test("Types and versions of another build are put off, and hinder nothing")
        func unknown() async throws {
            try await System.run { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyer = try await Person.signUp("buyer", in: system.browser())
                let ticket = try await seller.list("A ticket", quantity: 10)
                for (service, type) in Self.commandTypes {
                    let key = "gittix:commands:{\(service)}"
                    try await system.add(to: key, fields: Self.command("Frobnicate", actor: buyer.id, changes: [:]))
                    try await system.add(to: key, fields: Self.command(type, actor: buyer.id, changes: ["v": "99"]))
                }
                for service in Self.commandTypes.keys {
                    try await eventually("both wait in \(service)") {
                        let waiting = try await system.redis.command("ZCARD", "gittix:later:{\(service)}")
                        return waiting.hasPrefix("2")
                    }
                }
                try await works(system, seller, buyer, ticket)
                for service in Self.commandTypes.keys {
                    #expect(try await length("gittix:dead:{\(service)}", system) == 0)
                }
            }
        }

        /// Well-formed, and nonsense: what the API would have refused.
        @Test("Commands that only a hand can write are refused")
        func nonsense() async throws {
            try await System.run { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyer = try await Person.signUp("buyer", in: system.browser())
                let ticket = try await seller.list("A ticket", quantity: 10)
                let before = try await facts(system)
                let quantities = ["0", "-1", "-9223372036854775808", "9223372036854775807"]
                var ids: [String] = []
                for quantity in quantities {
                    let body = """
                        {"ticketId":"\(ticket)","quantity":\(quantity),"ticketVersion":1,"userVersion":1}
                        """
                    var fields = Self.command("CreateOrder", actor: buyer.id, changes: ["body": body])
                    ids.append(fields[0].1)
                    try await system.add(to: "gittix:commands:{orders}", fields: fields)
                    let listing = """
                        {"title":"x","price":\(quantity),"currency":"EUR","quantity":\(quantity),"userVersion":1}
                        """
                    fields = Self.command("CreateTicket", actor: seller.id, changes: ["body": listing])
                    ids.append(fields[0].1)
                    try await system.add(to: "gittix:commands:{tickets}", fields: fields)
                }
                let list = ids.map { "'\($0)'" }.joined(separator: ",")
                try await eventually("each is refused") {
                    try await system.database.count(
                        """
                        SELECT count(*) FROM (SELECT * FROM orders.inbox UNION ALL SELECT * FROM tickets.inbox) AS inbox
                        WHERE outcome = 'refused' AND id IN (\(list))
                        """) == ids.count
                }
                #expect(try await facts(system) == before)
                try await works(system, seller, buyer, ticket)
            }
        }

        /// With `*`, an entry takes the clock for its number, far beyond those of the outbox.
        @Test("Entries added to event streams by hand hinder nothing")
        func events() async throws {
            try await System.run { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyer = try await Person.signUp("buyer", in: system.browser())
                let ticket = try await seller.list("A ticket", quantity: 10)
                let before = try await facts(system)

                let wellFormed = [
                    "id", UUID().uuidString, "type", "UserCreated", "v", "1", "at", Timestamp.now().description,
                    "subject", "nobody", "version", "1", "trace", "", "body", "no JSON",
                ]
                for service in ["users", "tickets", "orders", "payments", "expiration"] {
                    let key = "gittix:events:{\(service)}"
                    try await system.redis.command("XADD", key, "*", "hello", "world")
                    try await system.redis.command(["XADD", key, "*"] + wellFormed)
                }
                let users = "gittix:events:{users}"
                try await system.redis.command("XADD", users, "18446744073709551615-0", "the", "last")

                try await works(system, seller, buyer, ticket)
                for service in ["users", "tickets", "orders", "payments"] {
                    try await eventually("what was written by hand is among the dead letters of \(service)") {
                        try await length("gittix:dead:{\(service)}", system) >= 2
                    }
                    try await Books(system).stream(of: service, isWhole: false)
                }
                try await Books(system).balance()
                #expect(try await facts(system) == before)

                // API processes follow the users' events for the bans.
                try await system.gittix("users", "ban", buyer.email)
                try await eventually("the ban is known", within: .seconds(2)) {
                    [401, 403].contains(try await buyer.browser.get("/api/orders").status)
                }
            }
        }

        // MARK: -

        /// Good commands of every service are handled at once, by the processes of the beginning.
        private func works(_ system: System, _ seller: Person, _ buyer: Person, _ ticket: String) async throws {
            let order = try await buyer.ordered(ticket)
            _ = try await seller.list("Another ticket")
            _ = try await Person.signUp("third", in: system.browser())
            let checkout = try await buyer.checkOut(order)
            try await buyer.pay(checkout)
            try await buyer.waits(for: "complete", of: order)
            #expect(system.members(.api).count + system.members(.all).count == 2, "no process has ended")
        }

        /// A number for each kind of thing that was made.
        private func facts(_ system: System) async throws -> [[String]] {
            try await system.database.rows(
                """
                SELECT (SELECT count(*) FROM users.users WHERE email NOT LIKE 'third-%'),
                       (SELECT count(*) FROM tickets.tickets WHERE title <> 'Another ticket'),
                       (SELECT count(*) FROM orders.orders WHERE status <> 'complete')
                """)
        }

        private func length(_ key: String, _ system: System) async throws -> Int {
            Int(try await system.redis.command("XLEN", key).split(separator: "\n").first ?? "") ?? -1
        }

        /// A command's fields in their order; a change to nil leaves one out.
        private static func command(
            _ type: String, actor: String, changes: [String: String?]
        ) -> [(String, String)] {
            let fields = [
                ("id", UUID().uuidString.lowercased()), ("type", type), ("v", "1"), ("at", Timestamp.now().description),
                ("actor", actor),
                ("reply", ""), ("trace", ""), ("body", "{}"),
            ]
            return fields.compactMap { name, value in
                switch changes[name] {
                case .some(.none): nil
                case .some(.some(let changed)): (name, changed)
                case .none: (name, value)
                }
            }
        }
    }
}

extension System {
    /// XADD, as a person at redis-cli types it.
    fileprivate func add(to key: String, fields: [(String, String)]) async throws {
        try await redis.command(["XADD", key, "*"] + fields.flatMap { [$0.0, $0.1] })
    }
}
