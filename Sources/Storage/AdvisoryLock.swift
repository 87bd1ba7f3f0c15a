/// The keys of the advisory locks. Each is the FNV-1a hash of a name, so that all processes use the same keys.
package enum AdvisoryLock {
    package static let migrations = number("gittix:migrations")

    package static func outbox(_ schema: String) -> Int64 { number("gittix:outbox:\(schema)") }

    package static func inboxSlot(_ schema: String) -> Int64 { number("gittix:inbox:\(schema)") }

    package static func inboxMaintenance(_ schema: String) -> Int64 { number("gittix:inbox-maintenance:\(schema)") }

    package static func maintenance(_ schema: String) -> Int64 { number("gittix:maintenance:\(schema)") }

    /// Held by an import into the catalogue.
    package static let imports = number("gittix:imports")

    /// The lock on fee rules and price policies. Decisions about prices hold it shared; a decision that changes rules
    /// or policies holds it exclusively.
    package static let pricing = number("gittix:pricing")

    private static func number(_ name: String) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int64(bitPattern: hash)
    }
}
