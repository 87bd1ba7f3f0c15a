import Logging
import RedisClient

extension StreamConsumer {
    /// Whether an operator has paused the pool. Then nothing is read, claimed or brought back; but the worker shows that
    /// it lives, and looks again before long.
    func rests() async throws -> Bool {
        let now = ContinuousClock.now
        if now >= nextPauseLook {
            nextPauseLook = now + settings.pauseInterval
            let found = try await redis.send(RedisCommand("EXISTS", keys.paused(service))).int == 1
            if found != isPaused { logger.notice(found ? "paused by the operator" : "resumed by the operator") }
            isPaused = found
            if found { _ = try await redis.pipeline(sayAlive(handling: 0)) }
        }
        guard isPaused else { return false }
        try await Task.sleep(for: min(settings.block, settings.pauseInterval))
        return true
    }
}
