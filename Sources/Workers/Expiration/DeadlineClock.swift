import Logging
import ServiceLifecycle
import Streams

/// Fires what is due, by Redis's own clock: it sleeps until the next deadline that it knows of.
struct DeadlineClock: ServiceLifecycle.Service {
    let deadlines: Deadlines
    let alarm: Alarm
    let logger: Logger
    /// The most of one script. More come in the next, with room between the two for what others ask of Redis.
    var limit = 500
    /// What falls due within so short a time is fired together.
    var shortestSleep: Duration = .milliseconds(5)
    /// What another process has armed since may be due before what this one knows of.
    var longestSleep: Duration = .seconds(1)
    /// For the readers of a full stream.
    var respite: Duration = .milliseconds(50)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let fired = try await deadlines.fire(limit: limit)
                    if let pause = pause(after: fired) { await alarm.wait(for: pause) }
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("Deadlines can't be fired.", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Nil when there is more to fire at once.
    func pause(after fired: Deadlines.Fired) -> Duration? {
        guard let next = fired.next else { return longestSleep }
        if next > .zero { return min(max(next, shortestSleep), longestSleep) }
        // What is due and was not fired finds no room in the stream.
        return fired.count < limit ? respite : nil
    }
}
