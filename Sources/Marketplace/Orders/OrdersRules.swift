/// The limits that the orders service decides by.
public struct OrdersRules: Sendable {
    /// How long an order holds its units before it is paid.
    public var hold: Duration

    public init(hold: Duration = .seconds(15 * 60)) { self.hold = hold }
}
