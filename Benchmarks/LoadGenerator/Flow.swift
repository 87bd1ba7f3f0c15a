/// One buyer's pass through the steps of the plan.
///
/// Times are nanoseconds of the monotonic clock.
struct Flow {
    var number: Int
    /// The index of the id that it uses, in ``RequestData/ids``.
    var idIndex: Int
    /// The time at which it was intended to begin.
    var intendedStart: UInt64
    /// The time at which its current step was intended to begin.
    var intendedStepStart: UInt64
    var step = 0
    /// The values that its steps have extracted so far.
    var values: [[UInt8]] = []
}
