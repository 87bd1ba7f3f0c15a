public import RedisClient

/// Where Redis is, and under which prefix GitTix's keys lie there.
public struct RedisSettings: Sendable {
    public enum EvictionCheck: String, CaseIterable, Sendable {
        /// A start is refused when `maxmemory-policy` is not `noeviction` or can't be read.
        case enforce
        /// For hosts that hide the setting.
        case skip
    }

    public let configuration: RedisConfiguration
    public let keyPrefix: String
    public let evictionCheck: EvictionCheck

    init(_ reader: SettingsReader) throws(SettingsError) {
        let url = try reader.required(.redisURL)
        let allowsSelfSigned = try reader.flag(.redisAllowSelfSigned, default: false)
        do {
            configuration = try RedisConfiguration(url: url, allowSelfSignedCertificate: allowsSelfSigned)
        } catch {
            throw SettingsError(variable: Variable.redisURL.name, advice: "\(error)")
        }
        keyPrefix = reader.text(.redisKeyPrefix) ?? "gittix"
        let allowed = keyPrefix.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}")
        }
        guard allowed, keyPrefix.utf8.count <= 64 else {
            throw .wrong(
                .redisKeyPrefix, keyPrefix, "give up to 64 printable ASCII characters without blanks or braces")
        }
        evictionCheck = try reader.choice(.redisEvictionCheck, default: .enforce)
    }
}
