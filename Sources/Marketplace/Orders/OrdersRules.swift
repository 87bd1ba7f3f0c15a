/// The limits that the orders service applies.
public struct OrdersRules: Sendable {
    /// Default duration of a hold, in seconds: 15 minutes.
    public static let defaultHoldLengthSeconds = 900

    /// Default duration of a hold.
    public static let defaultHoldLength = Duration.seconds(defaultHoldLengthSeconds)

    /// Maximum time that an order holds its units before it is paid.
    public var holdLength: Duration

    public var limits: HoldLimits

    public init(holdLength: Duration = Self.defaultHoldLength, limits: HoldLimits = .unlimited) {
        self.holdLength = holdLength
        self.limits = limits
    }
}
