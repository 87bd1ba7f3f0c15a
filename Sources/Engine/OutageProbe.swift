import Logging
package import PostgresClient

/// Finds out whether a lost connection means that the database is unavailable: `SELECT 1` on a new connection.
///
/// The connection is not one of the pool's, which may all be in use. Batches that fail at the same moment share one
/// probe, and its result is used for a second.
package actor OutageProbe {
    private let configuration: PostgresConfiguration
    private var latest: (probe: Task<Bool, Never>, validUntil: ContinuousClock.Instant)?

    private static let validity = Duration.seconds(1)
    /// Maximum time for the answer. A server that needs longer is unavailable.
    private static let timeout = Duration.seconds(2)

    package init(pool: PostgresPool) {
        var configuration = pool.configuration
        configuration.connectTimeout = Self.timeout
        self.configuration = configuration
    }

    /// Returns true if the database does not answer now.
    package func isOutage() async -> Bool {
        if let latest, ContinuousClock.now < latest.validUntil { return await !latest.probe.value }
        // It is a task of its own, so that no caller's cancellation ends it for the others.
        let probe = Task { [configuration] in await Self.answers(configuration) }
        latest = (probe, .now + Self.timeout)
        let answers = await probe.value
        latest = (probe, .now + Self.validity)
        return !answers
    }

    private static func answers(_ configuration: PostgresConfiguration) async -> Bool {
        let deadline = ContinuousClock.now + timeout
        do {
            let connection = try await PostgresConnection.connect(configuration, deadline: deadline)
            let answer = try? await connection.query("SELECT 1", deadline: deadline)
            await connection.close()
            return answer != nil
        } catch {
            configuration.logger.debug("The database does not answer", metadata: ["error": "\(error)"])
            return false
        }
    }
}
