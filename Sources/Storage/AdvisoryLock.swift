/// The numbers of the advisory locks, which all processes must agree on: the FNV-1a hash of a name.
enum AdvisoryLock {
    static let migrations = number("gittix:migrations")

    static func outbox(_ schema: String) -> Int64 { number("gittix:outbox:\(schema)") }

    static func bans(_ schema: String) -> Int64 { number("gittix:bans:\(schema)") }

    static func inboxSlot(_ schema: String) -> Int64 { number("gittix:inbox:\(schema)") }

    static func inboxMaintenance(_ schema: String) -> Int64 { number("gittix:inbox-maintenance:\(schema)") }

    static func maintenance(_ schema: String) -> Int64 { number("gittix:maintenance:\(schema)") }

    private static func number(_ name: String) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int64(bitPattern: hash)
    }
}
