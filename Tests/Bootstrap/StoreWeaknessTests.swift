import Foundation
import Marketplace
import RedisClient
import Services
import Testing

@testable import Bootstrap

/// Production refuses connections to Redis and PostgreSQL that others on the network can read or impersonate.
@Suite struct StoreWeaknessTests {
    private static let database = "postgresql://gittix:hush@db.example.com/gittix"
    private static let verified = database + "?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem"
    private static let redis = "rediss://:hush@cache.example.com"

    private func settings(_ variables: [String: String?]) throws -> Settings.Operator {
        let all = ["DATABASE_URL": Self.verified, "REDIS_URL": Self.redis].merging(variables) { $1 }
        return try Settings.operating(schemas: [.users, .orders], from: all.compactMapValues(\.self))
    }

    @Test func verifiedServersAreAccepted() throws {
        let settings = try settings([:])
        #expect(settings.redis.weakness == nil && settings.databases.weaknesses.isEmpty)
    }

    @Test(arguments: [
        ("DATABASE_URL", database), ("DATABASE_URL", database + "?sslmode=require"),
        ("DATABASE_URL", database + "?sslmode=verify-ca"), ("DATABASE_URL", verified.replacing(":hush", with: "")),
        ("DATABASE_URL", "postgresql://gittix:hush@localhost,db.example.com/gittix"),
        ("ORDERS_DATABASE_URL", database), ("REDIS_URL", "redis://:hush@cache.example.com"),
        ("REDIS_URL", "rediss://cache.example.com"),
    ])
    func weakConnectionsAreRefusedUnlessASettingAllowsThem(name: String, url: String) throws {
        let error = #expect(throws: SettingsError.self) { try settings([name: url]) }
        #expect(error?.variable == name)
        #expect(error?.advice.contains("ALLOW_UNSAFE_STORES=true") == true)
        #expect(error?.description.contains("hush") == false)
        let allowed = try settings([name: url, "ALLOW_UNSAFE_STORES": "true"])
        let weakness = allowed.redis.weakness ?? allowed.databases.weaknesses.first
        #expect(weakness?.setting == .allowUnsafeStores && weakness?.store.name == name)
        #expect(try settings([name: url, "ENVIRONMENT": "development"]).databases.weaknesses.isEmpty)
    }

    @Test(arguments: [
        ("DATABASE_URL", "postgresql://localhost/gittix"),
        ("DATABASE_URL", "postgresql:///gittix?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql://[::1]:5432/gittix"), ("DATABASE_URL", "postgresql://127.0.0.1/gittix"),
        ("REDIS_URL", "redis://localhost"), ("REDIS_URL", "redis://127.0.0.2:6379"), ("REDIS_URL", "redis://[::1]"),
    ])
    func connectionsOnThisMachineMayBeWeak(name: String, url: String) throws {
        let settings = try settings([name: url])
        #expect(settings.redis.weakness == nil && settings.databases.weaknesses.isEmpty)
    }

    /// The setting that accepts any certificate is named in the log.
    @Test func aSelfSignedCertificateIsAllowedByItsOwnSetting() throws {
        let settings = try settings(["REDIS_ALLOW_SELF_SIGNED": "true"])
        #expect(settings.redis.weakness?.setting == .redisAllowSelfSigned)
    }

    /// Only the operator may decide to accept any certificate, so no deployment file sets it.
    @Test func noDeploymentAcceptsAnyCertificateByDefault() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("app.json")
        let root = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        let variables = try #require(root?["env"] as? [String: [String: Any]])
        for name in ["REDIS_ALLOW_SELF_SIGNED", "ALLOW_UNSAFE_STORES"] {
            #expect(try #require(variables[name])["value"] == nil, "\(name)")
        }
    }

    @Test func aFileOfCertificatesVerifiesPostgreSQL() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).pem").path
        _ = FileManager.default.createFile(atPath: file, contents: Data())
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = try settings(["DATABASE_URL": Self.database, "DATABASE_CA_FILE": file, "REDIS_CA_FILE": file])
        #expect(settings.databases.caFile == file && settings.databases.weaknesses.isEmpty)
        #expect(settings.redis.configuration.caFile == file)
        for name in ["DATABASE_CA_FILE", "REDIS_CA_FILE"] {
            let error = #expect(throws: SettingsError.self) { try self.settings([name: "/nowhere.pem"]) }
            #expect(error?.variable == name)
        }
    }

    @Test(arguments: [
        String(repeating: "x", count: 32), String(repeating: "abcdefgh", count: 4), "abcdefghijklmnopqrstuvwxyzabcdef",
        "0123456789abcdef0123456789abcdef", String(repeating: "password", count: 5),
    ])
    func aSigningSecretWithAPatternIsRefusedInProduction(secret: String) throws {
        let variables = [
            "DATABASE_URL": Self.verified, "REDIS_URL": Self.redis, "PUBLIC_URL": "https://tickets.example.com",
            "STRIPE_WEBHOOK_SECRET": "whsec_12345678", "SIGNING_SECRET": "9f86d081884c7d659a2feaa0c55ad015,\(secret)",
        ]
        let error = #expect(throws: SettingsError.self) { try Settings.api(schemas: [.users], from: variables) }
        #expect(error?.variable == "SIGNING_SECRET" && error?.description.contains(secret) == false)
        #expect(throws: Never.self) {
            try Settings.api(schemas: [.users], from: variables.merging(["ENVIRONMENT": "development"]) { $1 })
        }
    }

    @Test func randomSecretsAreAccepted() {
        for _ in 0..<1_000 {
            #expect(
                !Secret((0..<32).map { _ in "0123456789abcdef".randomElement()! }.map(String.init).joined()).isGuessable
            )
        }
    }
}
