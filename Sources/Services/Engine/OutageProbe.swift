import Logging
package import PostgresClient

/// Finds out after the loss of a connection whether the database is unavailable: sends `SELECT 1` on a new connection.
///
/// It does not use the pool, because all of the pool's connections may be in use. Batches that fail at the same moment
/// share one probe, and its result is used for one second.
package actor OutageProbe {
    private let configuration: PostgresConfiguration
    private var latest: (probe: Task<Bool, Never>, validUntil: ContinuousClock.Instant)?

    private static let validity = Duration.seconds(1)
    /// Maximum time for the answer. A server that needs longer counts as unavailable.
    private static let timeout = Duration.seconds(2)

    package init(pool: PostgresPool) {
        var configuration = pool.configuration
        configuration.connectTimeout = Self.timeout
        self.configuration = configuration
    }

    /// Returns true if the database does not answer now.
    package func isOutage() async -> Bool {
        if let latest, ContinuousClock.now < latest.validUntil { return await !latest.probe.value }
        // The probe is a separate task, so that the cancellation of one caller does not end it for the others.
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
