import Foundation
import Marketplace
import Support
import Testing

extension Journeys {
    /// Stream entries that were added by hand.
    @Suite(.serialized)
    struct BadEntryTests {
        /// Invalid command fields, one defect each.
        private static let defects: [(name: String, changes: [String: String?])] = [
            ("no id", ["id": nil]), ("an invalid id", ["id": "seventeen"]), ("no type", ["type": nil]),
            ("no version", ["v": nil]), ("a version that is not a number", ["v": "one"]),
            ("a version below zero", ["v": "-1"]), ("no time", ["at": nil]),
            ("an invalid time", ["at": "yesterday"]),
            ("no actor", ["actor": nil]), ("an invalid actor", ["actor": "the queen"]),
            ("no reply", ["reply": nil]),
            ("an invalid reply address", ["reply": "a}:{b"]), ("no trace", ["trace": nil]),
            ("no body", ["body": nil]),
            ("an empty body", ["body": ""]), ("a body that is not JSON", ["body": "{\"ticketId\": "]),
            ("a body of another shape", ["body": "[1, 2, 3]"]), ("a body without its fields", ["body": "{}"]),
            ("a body with fields of other types", ["body": "{\"ticketId\": 5, \"quantity\": \"many\"}"]),
            ("a body that is too long", ["body": "\"\(String(repeating: "x", count: 70_000))\""]),
        ]

        /// The commands have no signature. With this setting, they are tested for their other defects only.
        private let unsigned = ["ACCEPT_UNSIGNED_COMMANDS": "true"]

        private static let commandTypes = [
            "users": "SignUp", "tickets": "CreateTicket", "orders": "CreateOrder", "payments": "StartPayment",
        ]

        @Test("Malformed commands become dead letters and do not block others")
        func malformedCommandsBecomeDeadLetters() async throws {
            try await SystemHarness.run(settings: unsigned) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                let listing = try await seller.createListing("A ticket", quantity: 10)
                let before = try await counts(system)

                for (service, type) in Self.commandTypes {
                    for defect in Self.defects {
                        try await add(to: "gittix:commands:{\(service)}", type: type, changes: defect.changes)
                    }
                    try await system.redis.command("XADD", "gittix:commands:{\(service)}", "*", "hello", "world")
                    try await system.redis.command(
                        "EVAL", "return redis.call('XADD', KEYS[1], '*', 'id', string.char(255, 0, 254), 'body', '{}')",
                        "1", "gittix:commands:{\(service)}")
                }
                try await checkSystemWorks(system, seller, buyer, listing)
                for service in Self.commandTypes.keys {
                    let expected = Self.defects.count + 2
                    try await eventually("\(service) has \(expected) dead letters") {
                        try await length("gittix:dead:{\(service)}", system) == expected
                    }
                }
                #expect(try await counts(system) == before, "a malformed command had an effect")

                func add(to key: String, type: String, changes: [String: String?]) async throws {
                    try await system.add(to: key, fields: Self.command(type, actor: buyer.id, changes: changes))
                }
            }
        }

        @Test("Commands of unknown type or version are deferred and do not block others")
        func unknownCommandsAreDeferred() async throws {
            try await SystemHarness.run(settings: unsigned) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                let listing = try await seller.createListing("A ticket", quantity: 10)
                for (service, type) in Self.commandTypes {
                    let key = "gittix:commands:{\(service)}"
                    try await system.add(to: key, fields: Self.command("Frobnicate", actor: buyer.id, changes: [:]))
                    try await system.add(to: key, fields: Self.command(type, actor: buyer.id, changes: ["v": "99"]))
                }
                for service in Self.commandTypes.keys {
                    try await eventually("\(service) has deferred both") {
                        let deferred = try await system.redis.command("ZCARD", "gittix:later:{\(service)}")
                        return deferred.hasPrefix("2")
                    }
                }
                try await checkSystemWorks(system, seller, buyer, listing)
                for service in Self.commandTypes.keys {
                    #expect(try await length("gittix:dead:{\(service)}", system) == 0)
                }
            }
        }

        /// Well-formed commands that the API would reject.
        @Test("Commands with invalid values are refused")
        func invalidCommandsAreRefused() async throws {
            try await SystemHarness.run(settings: unsigned) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                let listing = try await seller.createListing("A ticket", quantity: 10)
                let before = try await counts(system)
                let quantities = ["0", "-1", "-9223372036854775808", "9223372036854775807"]
                var ids: [String] = []
                for quantity in quantities {
                    let orderBody = """
                        {"ticketId":"\(listing)","quantity":\(quantity),"ticketVersion":1,"userVersion":1}
                        """
                    var fields = Self.command("CreateOrder", actor: buyer.id, changes: ["body": orderBody])
                    ids.append(fields[0].1)
                    try await system.add(to: "gittix:commands:{orders}", fields: fields)
                    let listingBody = """
                        {"title":"x","price":\(quantity),"currency":"EUR","quantity":\(quantity),"userVersion":1}
                        """
                    fields = Self.command("CreateTicket", actor: seller.id, changes: ["body": listingBody])
                    ids.append(fields[0].1)
                    try await system.add(to: "gittix:commands:{tickets}", fields: fields)
                }
                let list = ids.map { "'\($0)'" }.joined(separator: ",")
                try await eventually("each command is refused") {
                    try await system.database.count(
                        """
                        SELECT count(*) FROM (SELECT * FROM orders.inbox UNION ALL SELECT * FROM tickets.inbox) AS inbox
                        WHERE outcome = 'refused' AND id IN (\(list))
                        """) == ids.count
                }
                #expect(try await counts(system) == before)
                try await checkSystemWorks(system, seller, buyer, listing)
            }
        }

        /// `XADD` with `*` uses the current time as the entry's id, far above the ids of the outbox.
        @Test("Entries added to event streams by hand do not block events")
        func addedEventsDoNotBlockOthers() async throws {
            try await SystemHarness.run { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                let listing = try await seller.createListing("A ticket", quantity: 10)
                let before = try await counts(system)

                let wellFormed = [
                    "id", UUID().uuidString, "type", "UserCreated", "v", "1", "at", Timestamp.now().description,
                    "subject", "unknown", "version", "1", "trace", "", "body", "no JSON",
                ]
                for service in ProcessType.services.map(\.rawValue) {
                    let key = "gittix:events:{\(service)}"
                    try await system.redis.command("XADD", key, "*", "hello", "world")
                    try await system.redis.command(["XADD", key, "*"] + wellFormed)
                }
                let users = "gittix:events:{users}"
                try await system.redis.command("XADD", users, "18446744073709551615-0", "the", "last")

                try await checkSystemWorks(system, seller, buyer, listing)
                for service in Self.commandTypes.keys {
                    try await eventually("\(service) has the added entries as dead letters") {
                        try await length("gittix:dead:{\(service)}", system) >= 2
                    }
                    try await ConsistencyCheck(system).waitUntilStreamMatchesOutbox(of: service, isUntrimmed: false)
                }
                try await ConsistencyCheck(system).waitUntilConsistent()
                #expect(try await counts(system) == before)

                // API processes read bans from the events of users.
                try await system.gittix("users", "ban", buyer.email)
                try await eventually("the ban is effective", within: .seconds(2)) {
                    [401, 403].contains(try await buyer.browser.get("/api/orders").status)
                }
            }
        }

        // MARK: -

        /// Checks that valid commands of every service are still processed by the initial processes.
        private func checkSystemWorks(_ system: SystemHarness, _ seller: TestUser, _ buyer: TestUser, _ listing: String)
            async throws
        {
            let order = try await buyer.createOrder(listing)
            _ = try await seller.createListing("Another ticket")
            _ = try await TestUser.signUp("third", in: system.browser())
            let checkout = try await buyer.checkOut(order)
            try await buyer.pay(checkout)
            try await buyer.waitForStatus("complete", of: order)
            #expect(system.processes(.api).count + system.processes(.all).count == 2, "a process has ended")
        }

        /// The numbers of users, listings and orders, except those that `checkSystemWorks` creates.
        private func counts(_ system: SystemHarness) async throws -> [[String]] {
            try await system.database.rows(
                """
                SELECT (SELECT count(*) FROM users.users WHERE email NOT LIKE 'third-%'),
                       (SELECT count(*) FROM tickets.tickets WHERE title <> 'Another ticket'),
                       (SELECT count(*) FROM orders.orders WHERE status <> 'complete')
                """)
        }

        private func length(_ key: String, _ system: SystemHarness) async throws -> Int {
            Int(try await system.redis.command("XLEN", key).split(separator: "\n").first ?? "") ?? -1
        }

        /// A command's fields in order. A change to `nil` omits the field.
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

extension SystemHarness {
    /// Adds an entry with redis-cli.
    fileprivate func add(to key: String, fields: [(String, String)]) async throws {
        try await redis.command(["XADD", key, "*"] + fields.flatMap { [$0.0, $0.1] })
    }
}
