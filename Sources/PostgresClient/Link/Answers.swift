/// What a flight has got back so far. Pure: the answers go in, one after the other.
struct Answers {
    let steps: [Step]
    let commitIndex: Int?

    /// How many steps have ended.
    private var ended = 0
    private var outcomes: [Int: ResultMemory] = [:]
    /// The first error of the server.
    var failure: PostgresError?
    /// The step that it came to.
    private var failedStep: Int?
    /// The server's error ends the session, so it may have come after the statement's effect.
    private var isFatal = false
    /// The whole flight has been answered, errors included.
    var isComplete = false
    /// Why the connection is of no more use, if it is: libpq's word, not the server's.
    var breakage: String?

    init(steps: [Step], commitIndex: Int?) {
        self.steps = steps
        self.commitIndex = commitIndex
    }

    mutating func succeed(_ result: ResultMemory) {
        guard failure == nil, steps.indices.contains(ended), case .run(let statement) = steps[ended] else { return }
        outcomes[statement] = result
    }

    mutating func fail(_ error: PostgresError, isFatal: Bool) {
        self.isFatal = self.isFatal || isFatal
        guard failure == nil else { return }
        failure = error
        failure?.statementIndex = steps.indices.contains(ended) ? steps[ended].statement : nil
        failedStep = ended
    }

    mutating func endStep() {
        ended += 1
    }

    /// Of each statement, in order; all of them where there was no failure.
    var results: [ResultMemory] { outcomes.sorted { $0.key < $1.key }.map(\.value) }

    /// The statements that are prepared on the server now.
    var prepared: [(key: StatementCache.Key, name: String)] {
        steps.prefix(min(ended, failedStep ?? ended)).compactMap { step in
            if case .prepare(_, let key, let name) = step { (key, name) } else { nil }
        }
    }

    /// The COMMIT was answered with COMMIT: it counts, even if the connection died after.
    var isCommitted: Bool {
        guard let commitIndex, failure == nil else { return false }
        return outcomes[commitIndex]?.commandTag == "COMMIT"
    }

    /// The COMMIT is under way and nothing says that it failed. The server's error at a statement before it says so, and
    /// so does an error of the COMMIT itself, unless it is one that ends the session: that may come after its effect.
    var mayHaveCommitted: Bool {
        guard let commitIndex else { return false }
        guard let failed = failure?.statementIndex else { return true }
        return failed >= commitIndex && isFatal
    }
}
