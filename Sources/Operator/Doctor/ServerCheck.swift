import Bootstrap
import Marketplace
import PostgresClient
import RedisClient
import Streams

/// Finds servers whose settings can lose data.
struct ServerCheck: Check {
    let context: OperatorContext
    let eviction: RedisSettings.EvictionCheck

    func scan() async throws -> [Finding] {
        var findings: [Finding] = []
        do {
            try await RedisChecks.verify(context.redis, ignoresEvictionPolicy: eviction == .skip)
        } catch let failure as RedisChecks.Failure {
            findings.append(
                Finding(
                    kind: .redisSettings, subject: context.redis.configuration.address.description,
                    problem: "\(failure)"))
        }
        for pool in context.databases?.all ?? [] {
            do {
                try await pool.withConnection { try await PostgresChecks.verify($0) }
            } catch let error as PostgresError where error.kind == .refusedServer {
                findings.append(
                    Finding(kind: .postgresSettings, subject: "\(pool.configuration)", problem: "\(error)"))
            }
        }
        return findings
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        .manual("change the setting, and restart the workers")
    }
}
