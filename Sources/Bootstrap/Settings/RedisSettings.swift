public import RedisClient

/// The address of Redis, and the prefix of all keys.
public struct RedisSettings: Sendable {
    public enum EvictionCheck: String, CaseIterable, Sendable {
        /// Refuses to start if `maxmemory-policy` is not `noeviction` or can't be read.
        case enforce
        /// Skips the check, for hosts that hide the setting.
        case skip
    }

    /// The number of connections of a process.
    public enum Connections: String, CaseIterable, Sendable {
        /// One connection for each reader that waits for entries, and some for commands.
        case several
        /// One connection for everything, for plans that allow few clients. Readers poll.
        case one
    }

    static let defaultKeyPrefix = "gittix"
    static let defaultEvictionCheck = EvictionCheck.enforce
    static let defaultConnections = Connections.several

    public let configuration: RedisConfiguration
    public let keyPrefix: String
    public let evictionCheck: EvictionCheck
    public let connections: Connections
    /// The weakness that a setting allows in production. The process logs it when it starts.
    public let weakness: StoreWeakness?

    init(_ reader: SettingsReader, _ process: ProcessSettings) throws(SettingsError) {
        let url = try reader.required(.redisURL)
        let allowsSelfSigned = try reader.flag(.redisAllowSelfSigned, default: false)
        do {
            configuration = try RedisConfiguration(
                url: url, allowSelfSignedCertificate: allowsSelfSigned, caFile: reader.file(.redisCAFile))
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError(variable: Variable.redisURL.name, advice: "\(error)")
        }
        weakness = try StoreWeakness.allowed(of: configuration, reader, process)
        keyPrefix = reader.text(.redisKeyPrefix) ?? Self.defaultKeyPrefix
        let allowed = keyPrefix.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}")
        }
        guard allowed, keyPrefix.utf8.count <= 64 else {
            throw .wrong(
                .redisKeyPrefix, keyPrefix, "give at most 64 printable ASCII characters without spaces or braces")
        }
        evictionCheck = try reader.choice(.redisEvictionCheck, default: Self.defaultEvictionCheck)
        connections = try reader.choice(.redisConnections, default: Self.defaultConnections)
    }
}
