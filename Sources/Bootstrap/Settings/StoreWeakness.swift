import Logging
import PostgresClient
import RedisClient

/// A weakness of the connections to Redis or PostgreSQL. In production, a process starts with it only if a setting
/// allows it.
public struct StoreWeakness: Sendable, Hashable {
    /// The setting that allows it.
    let setting: Variable
    /// The variable with the address of the server.
    let store: Variable
    /// A clause for the log, such as "the server's certificate is not verified".
    let reason: String

    /// Logs the weakness, with the name of the setting.
    func log(to logger: Logger) {
        logger.warning(
            "Connections to a store are not protected",
            metadata: ["store": "\(store.name)", "reason": "\(reason)", "setting": "\(setting.name)"])
    }

    /// Checks the connections to Redis. Any weakness is allowed in development, and in connections to a server on this
    /// machine.
    ///
    /// - Throws: ``SettingsError`` unless a setting allows the weakness.
    static func allowed(
        of redis: RedisConfiguration, _ reader: SettingsReader, _ process: ProcessSettings
    ) throws(SettingsError) -> StoreWeakness? {
        guard process.environment == .production, !redis.isLocal else { return nil }
        guard redis.usesTLS else {
            return try allowed(.redisURL, "the connection is not encrypted", "give a rediss:// URL", reader)
        }
        guard redis.hasPassword else {
            return try allowed(.redisURL, "the connection has no password", "give a URL with a password", reader)
        }
        guard redis.allowsSelfSignedCertificate else { return nil }
        return StoreWeakness(
            setting: .redisAllowSelfSigned, store: .redisURL, reason: "the server's certificate is not verified")
    }

    /// Checks the connections to PostgreSQL, in the same way.
    static func allowed(
        of url: Secret, caFile: String?, _ variable: Variable, _ reader: SettingsReader, _ process: ProcessSettings
    ) throws(SettingsError) -> StoreWeakness? {
        // A malformed URL is reported when its pool is made.
        guard process.environment == .production, var database = try? PostgresConfiguration(url: url.exposed),
            !database.isLocal
        else { return nil }
        database.caFile = caFile
        guard database.verifiesServer else {
            return try allowed(
                variable, "the server's certificate is not verified",
                "set DATABASE_CA_FILE, or add sslmode=verify-full and sslrootcert to the URL", reader)
        }
        guard database.hasCredential else {
            return try allowed(variable, "the connection has no password", "give a URL with a password", reader)
        }
        return nil
    }

    private static func allowed(
        _ store: Variable, _ reason: String, _ remedy: String, _ reader: SettingsReader
    ) throws(SettingsError) -> StoreWeakness {
        guard try reader.flag(.allowUnsafeStores, default: false) else {
            throw SettingsError(
                variable: store.name,
                advice: "\(reason), which is not allowed in production for a server on another machine; \(remedy), "
                    + "or set \(Variable.allowUnsafeStores.name)=true.")
        }
        return StoreWeakness(setting: .allowUnsafeStores, store: store, reason: reason)
    }
}
