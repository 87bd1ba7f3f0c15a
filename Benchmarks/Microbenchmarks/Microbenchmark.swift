/// A small part of the work on a message or a request, measured without a server or a socket.
public struct Microbenchmark: Sendable {
    public let name: String
    /// Number of messages, or other units of work, that one run handles. Results are given for one unit.
    public let unitsPerRun: Int
    public let run: @Sendable () throws -> Void

    init(_ name: String, unitsPerRun: Int = 1, run: @escaping @Sendable () throws -> Void) {
        self.name = name
        self.unitsPerRun = unitsPerRun
        self.run = run
    }
}

extension Microbenchmark {
    /// Returns all microbenchmarks, each with its inputs already made.
    public static func all() throws -> [Microbenchmark] {
        try envelopes + redis + decisions + payloads + statements + accessTokens() + listingPage()
    }
}

/// Uses a value in a way that the optimiser cannot see through, so that the work that made it is not removed.
@inline(never) @_optimize(none)
func blackHole<Value>(_ value: Value) {}
