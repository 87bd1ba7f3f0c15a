/// Why a process refuses to start; a sentence that says what to do about it.
public struct StartError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
