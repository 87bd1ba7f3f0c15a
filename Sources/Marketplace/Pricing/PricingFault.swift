/// A fault of a fee rule or a price policy.
public struct PricingFault: Hashable, Sendable {
    /// The place of the value in its file: `fees[0].buyerBp`.
    public var path: String
    /// The fault, as the end of a sentence that begins with the path: `must be 0 to 10000`.
    public var message: String

    public init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    public var text: String { "\(path) \(message)" }
}
