public import Marketplace

/// One change of a service's schema. After it has been applied anywhere, its text must not change. Its first lines name
/// its kind: see ``MigrationDirectives``.
public struct Migration: Sendable {
    /// The schema and the file: `orders/V0003_orders`.
    public let name: String
    /// The service whose schema it changes. It also determines the database.
    public let service: ServiceName
    let sql: String

    /// - Parameters:
    ///   - file: The file's name without its extension.
    ///   - text: The file's bytes. `{{schema}}` stands for the service's schema.
    public init(_ service: ServiceName, _ file: String, _ text: [UInt8]) {
        name = "\(service.rawValue)/\(file)"
        self.service = service
        sql = String(decoding: text, as: UTF8.self).replacing("{{schema}}", with: service.rawValue)
    }

    /// Returns the migrations that create the tables of every service's schema: inbox, outbox, marks, work, followers
    /// and dead letters.
    public static func common(for service: ServiceName) -> [Migration] {
        [
            Migration(service, "V0000_service", PackageResources.V0000_service_sql),
            Migration(service, "V0010_inbox_slots", PackageResources.V0010_inbox_slots_sql),
            Migration(service, "V0011_work", PackageResources.V0011_work_sql),
            Migration(service, "V0013_followers", PackageResources.V0013_followers_sql),
            Migration(service, "V0015_dead_letters", PackageResources.V0015_dead_letters_sql),
            Migration(service, "V0018_work_progress", PackageResources.V0018_work_progress_sql),
            Migration(service, "V0018_dead_letter_messages", PackageResources.V0018_dead_letter_messages_sql),
            Migration(service, "V0019_dead_letter_messages", PackageResources.V0019_dead_letter_messages_sql),
        ]
    }
}
