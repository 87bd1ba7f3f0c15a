/// One buyer's way through the steps.
struct Flow {
    var number: Int
    /// Which of the ids it is about.
    var id: Int
    /// When it was to begin, and when its step was to: nanoseconds of the monotonic clock.
    var intended: UInt64
    var due: UInt64
    var step = 0
    var values: [[UInt8]] = []
}
