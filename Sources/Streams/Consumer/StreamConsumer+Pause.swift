import Logging
import RedisClient

extension StreamConsumer {
    /// Checks from time to time whether an operator has paused the service. While it is paused, sleeps a moment and
    /// returns true: nothing is read, claimed or requeued, but the worker is still listed as running.
    func refreshPause() async throws -> Bool {
        let now = ContinuousClock.now
        if now >= nextPauseCheck {
            nextPauseCheck = now + settings.pauseCheckInterval
            let found = try await redis.send(RedisCommand("EXISTS", keys.paused(service))).int == 1
            if found != isPaused { logger.notice(found ? "Paused by the operator" : "Resumed by the operator") }
            isPaused = found
            if found { _ = try await redis.pipeline(presenceSteps(handling: 0)) }
        }
        guard isPaused else { return false }
        try await Task.sleep(for: min(settings.blockTimeout, settings.pauseCheckInterval))
        return true
    }
}
