/// A member of a JSON object, as far as any body of ours can hold one: nothing is nested.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is no `Int64`: a fraction, an exponent, or too large.
    case number
    case string(String)
    /// A list or an object. What is in it is not kept.
    case nested
}
