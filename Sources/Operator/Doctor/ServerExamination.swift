import Bootstrap
import Marketplace
import PostgresClient
import RedisClient
import Streams

/// Servers that may forget what they were told.
struct ServerExamination: Examination {
    let surgery: Surgery
    let eviction: RedisSettings.EvictionCheck

    func look() async throws -> [Finding] {
        var findings: [Finding] = []
        do {
            try await RedisChecks.verify(surgery.redis, ignoresEvictionPolicy: eviction == .skip)
        } catch let failure as RedisChecks.Failure {
            findings.append(
                Finding(
                    kind: .redisSettings, subject: surgery.redis.configuration.address.description, what: "\(failure)"))
        }
        for pool in surgery.databases.all {
            do {
                try await pool.withConnection { try await PostgresChecks.verify($0) }
            } catch let error as PostgresError where error.kind == .refusedServer {
                findings.append(
                    Finding(kind: .postgresSettings, subject: "\(pool.configuration)", what: "\(error)"))
            }
        }
        return findings
    }

    func mend(_ finding: Finding) async throws -> Treatment { .left("set it as told, and start the workers again") }
}
