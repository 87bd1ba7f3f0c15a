public import Marketplace

/// The settings of each program. They are read from the environment and checked once, when the program starts. A
/// process reads only the settings that it needs, so a users worker needs no Stripe key.
public enum Settings {
    /// The settings of `API`.
    public struct API: Sendable {
        public let process: ProcessSettings
        public let redis: RedisSettings
        public let databases: DatabaseSettings
        public let web: WebSettings
    }

    /// The settings of `Workers` for the services that it runs.
    public struct Workers: Sendable {
        public let process: ProcessSettings
        public let redis: RedisSettings
        public let databases: DatabaseSettings
        public let work: WorkSettings
    }

    /// The settings of `gittix migrate`. It needs no Redis, so that a release can migrate before Redis exists.
    public struct Migration: Sendable {
        public let process: ProcessSettings
        public let databases: DatabaseSettings
    }

    /// The settings of the operator's other commands.
    public struct Operator: Sendable {
        public let process: ProcessSettings
        public let redis: RedisSettings
        public let databases: DatabaseSettings
        /// The secrets that sign commands; empty if none is set. Most of the operator's commands need no secret.
        public let signingSecrets: [Secret]
    }

    /// The settings of `gittix doctor`.
    public struct Doctor: Sendable {
        public let operating: Operator
        /// The interval of the workers' sweeps.
        public let reconcileInterval: Duration
        /// `nil` without a Stripe key.
        public let stripe: StripeSettings?
    }

    /// - Parameters:
    ///   - schemas: The services with a database schema.
    ///   - variables: The variables, or `nil` for the process's environment.
    public static func api(
        schemas: [ServiceName], from variables: [String: String]? = nil
    ) throws(SettingsError) -> API {
        let reader = SettingsReader(variables)
        let process = try ProcessSettings(reader)
        return try API(
            process: process, redis: RedisSettings(reader, process),
            databases: DatabaseSettings(
                reader, process, schemas: schemas, poolSize: DatabaseSettings.defaultAPIPoolSize,
                override: .apiDatabaseURL),
            web: WebSettings(reader, process: process))
    }

    /// Reads the settings that all workers share. Each service reads its own settings from the same reader.
    ///
    /// - Parameters:
    ///   - schemas: The schemas of the services that the process runs.
    ///   - services: The number of services that the process runs.
    public static func workers(
        _ reader: SettingsReader, schemas: [ServiceName], services: Int
    ) throws(SettingsError) -> Workers {
        let process = try ProcessSettings(reader)
        return try Workers(
            process: process, redis: RedisSettings(reader, process),
            databases: DatabaseSettings(reader, process, schemas: schemas, poolSize: services * 2 + 1),
            work: WorkSettings(reader, takesCommands: !schemas.isEmpty))
    }

    /// - Parameter variables: The variables, or `nil` for the process's environment.
    public static func operating(
        schemas: [ServiceName], from variables: [String: String]? = nil
    ) throws(SettingsError) -> Operator {
        let reader = SettingsReader(variables)
        let process = try ProcessSettings(reader)
        return try Operator(
            process: process, redis: RedisSettings(reader, process),
            databases: DatabaseSettings(
                reader, process, schemas: schemas, poolSize: DatabaseSettings.defaultOperatorPoolSize),
            signingSecrets: reader.text(.signingSecret) == nil ? [] : reader.signingSecrets())
    }

    /// - Parameter variables: The variables, or `nil` for the process's environment.
    public static func doctor(
        schemas: [ServiceName], from variables: [String: String]? = nil
    ) throws(SettingsError) -> Doctor {
        let reader = SettingsReader(variables)
        let hasStripe = reader.text(.stripeSecretKey) != nil
        return try Doctor(
            operating: operating(schemas: schemas, from: variables),
            reconcileInterval: WorkSettings.reconcileInterval(reader),
            stripe: hasStripe ? StripeSettings(reader) : nil)
    }

    /// - Parameter variables: The variables, or `nil` for the process's environment.
    public static func migrating(
        schemas: [ServiceName], from variables: [String: String]? = nil
    ) throws(SettingsError) -> Migration {
        let reader = SettingsReader(variables)
        let process = try ProcessSettings(reader)
        return try Migration(
            process: process,
            databases: DatabaseSettings(
                reader, process, schemas: schemas, poolSize: DatabaseSettings.defaultOperatorPoolSize,
                common: .migrationDatabaseURL))
    }
}
