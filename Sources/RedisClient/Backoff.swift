/// How long to wait before each next attempt to connect: doubling from 50 ms to 2 s, each with a random part, so that
/// the processes that lost one server do not come back to it all at once.
struct Backoff {
    static let first = Duration.milliseconds(50)
    static let longest = Duration.seconds(2)

    private var next = first

    /// Between half of the step and the whole of it.
    mutating func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { next = min(next * 2, Self.longest) }
        return next * Double.random(in: 0.5...1, using: &generator)
    }

    mutating func reset() { next = Self.first }
}
