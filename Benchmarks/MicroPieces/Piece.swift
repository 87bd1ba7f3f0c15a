/// A small part of what a message or a request goes through, measured by itself, with neither a server nor a socket.
public struct Piece: Sendable {
    public let name: String
    /// How many messages, or whatever else it works on, one run handles: figures are told for one of them.
    public let count: Int
    public let run: @Sendable () throws -> Void

    init(_ name: String, of count: Int = 1, run: @escaping @Sendable () throws -> Void) {
        self.name = name
        self.count = count
        self.run = run
    }
}

extension Piece {
    /// All of them, each with what it works on made already.
    public static func all() throws -> [Piece] {
        try envelopes + redis + decisions + bodies + statements + tokens() + page()
    }
}

/// Hands a value to code that the optimiser can't look into, so that the work that made it stays.
@inline(never) @_optimize(none)
func keep<Value>(_ value: Value) {}
