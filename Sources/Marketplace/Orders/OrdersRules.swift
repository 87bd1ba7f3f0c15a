/// The limits that the orders service decides by.
public struct OrdersRules: Sendable {
    /// Default duration of a hold, in seconds: 15 minutes.
    public static let defaultHoldSeconds = 900

    /// Default duration of a hold.
    public static let defaultHold = Duration.seconds(defaultHoldSeconds)

    /// Maximum time that an order holds its units before it is paid.
    public var hold: Duration

    public init(hold: Duration = Self.defaultHold) { self.hold = hold }
}
