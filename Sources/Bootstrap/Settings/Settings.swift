public import Marketplace

/// What a process was told by its environment. Read and checked once, at start; each process asks for its own groups
/// alone, so a users worker needs no Stripe key.
public enum Settings {
    /// What `API` reads.
    public struct API: Sendable {
        public let process: ProcessSettings
        public let redis: RedisSettings
        public let databases: DatabaseSettings
        public let web: WebSettings
    }

    /// What `Workers` reads for the pools it was started with.
    public struct Workers: Sendable {
        public let process: ProcessSettings
        public let redis: RedisSettings
        public let databases: DatabaseSettings
        public let work: WorkSettings
        /// Present when payments is among the pools.
        public let stripe: StripeSettings?
    }

    /// What `gittix migrate` reads: no Redis, so that a release may migrate before there is one.
    public struct Migration: Sendable {
        public let process: ProcessSettings
        public let databases: DatabaseSettings
    }

    /// What the operator's other commands read.
    public struct Operator: Sendable {
        public let process: ProcessSettings
        public let redis: RedisSettings
        public let databases: DatabaseSettings
    }

    /// What `gittix doctor` reads.
    public struct Examination: Sendable {
        public let operating: Operator
        /// How often the sweeps of the workers look.
        public let reconcileInterval: Duration
        /// Present when there is a secret key.
        public let stripe: StripeSettings?
    }

    /// - Parameter variables: The process's environment when nil.
    public static func api(from variables: [String: String]? = nil) throws(SettingsError) -> API {
        let reader = SettingsReader(variables)
        let process = try ProcessSettings(reader)
        return try API(
            process: process, redis: RedisSettings(reader),
            databases: DatabaseSettings(
                reader, services: Service.allCases, poolSize: 4, override: .apiDatabaseURL),
            web: WebSettings(reader, process: process))
    }

    /// - Parameter variables: The process's environment when nil.
    public static func workers(
        _ pools: Set<Service>, from variables: [String: String]? = nil
    ) throws(SettingsError) -> Workers {
        let reader = SettingsReader(variables)
        let process = try ProcessSettings(reader)
        return try Workers(
            process: process, redis: RedisSettings(reader),
            databases: DatabaseSettings(reader, services: Array(pools), poolSize: pools.count * 2 + 1),
            work: WorkSettings(reader),
            stripe: pools.contains(.payments) ? StripeSettings(reader, process: process) : nil)
    }

    /// - Parameter variables: The process's environment when nil.
    public static func operating(from variables: [String: String]? = nil) throws(SettingsError) -> Operator {
        let reader = SettingsReader(variables)
        return try Operator(
            process: ProcessSettings(reader), redis: RedisSettings(reader),
            databases: DatabaseSettings(reader, services: Service.allCases, poolSize: 2))
    }

    /// - Parameter variables: The process's environment when nil.
    public static func examining(from variables: [String: String]? = nil) throws(SettingsError) -> Examination {
        let reader = SettingsReader(variables)
        let hasStripe = reader.text(.stripeSecretKey) != nil
        return try Examination(
            operating: operating(from: variables), reconcileInterval: WorkSettings.reconcileInterval(reader),
            stripe: hasStripe ? StripeSettings(reader, process: ProcessSettings(reader)) : nil)
    }

    /// - Parameter variables: The process's environment when nil.
    public static func migrating(from variables: [String: String]? = nil) throws(SettingsError) -> Migration {
        let reader = SettingsReader(variables)
        return try Migration(
            process: ProcessSettings(reader),
            databases: DatabaseSettings(reader, services: Service.allCases, poolSize: 2))
    }
}
