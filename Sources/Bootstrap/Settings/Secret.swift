/// A value that descriptions, logs and dumps hide.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value.
    public let exposed: String

    init(_ value: String) {
        exposed = value
    }

    /// True if the text has a pattern, so that it is not random: it has few different characters, few different pairs
    /// of characters, or few different steps from one character to the next. For a random text of 32 hexadecimal
    /// digits, this is true with a probability below 1 in a million.
    var isGuessable: Bool {
        let scalars = exposed.unicodeScalars.map { Int64($0.value) }
        let pairs = Set(zip(scalars, scalars.dropFirst()).map { [$0, $1] })
        let steps = Set(zip(scalars, scalars.dropFirst()).map { $1 - $0 })
        return Set(scalars).count < 8 || pairs.count < 20 || steps.count < 8
    }

    public var description: String { "(secret)" }
    public var debugDescription: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
