/// The results of a pipeline that have been received so far. Pure: `LibpqConnection` adds each result in order.
struct PipelineResults {
    let commands: [PipelineCommand]
    let commitIndex: Int?

    /// The number of commands that have ended.
    private var endedCount = 0
    private var resultsByStatement: [Int: ResultMemory] = [:]
    /// The server's first error.
    var failure: PostgresError?
    /// The index of the command that failed.
    private var failedCommand: Int?
    /// True if an error ended the session. A statement may have taken effect before such an error.
    private var isFatal = false
    /// True once every command has a result or an error.
    var isComplete = false
    /// The client-side error that makes the connection unusable, if there is one.
    var connectionError: String?

    init(commands: [PipelineCommand], commitIndex: Int?) {
        self.commands = commands
        self.commitIndex = commitIndex
    }

    mutating func succeed(_ result: ResultMemory) {
        guard failure == nil, commands.indices.contains(endedCount), case .run(let statement) = commands[endedCount]
        else { return }
        resultsByStatement[statement] = result
    }

    mutating func fail(_ error: PostgresError, isFatal: Bool) {
        self.isFatal = self.isFatal || isFatal
        guard failure == nil else { return }
        failure = error
        failure?.statementIndex = commands.indices.contains(endedCount) ? commands[endedCount].statement : nil
        failedCommand = endedCount
    }

    mutating func endCommand() {
        endedCount += 1
    }

    /// Results in the order of the statements. Complete if there was no failure.
    var statementResults: [ResultMemory] { resultsByStatement.sorted { $0.key < $1.key }.map(\.value) }

    /// Statements that this pipeline has prepared on the server.
    var prepared: [(key: StatementCache.Key, name: String)] {
        commands.prefix(min(endedCount, failedCommand ?? endedCount)).compactMap { command in
            if case .prepare(_, let key, let name) = command { (key, name) } else { nil }
        }
    }

    /// True if the server answered COMMIT with COMMIT. The transaction is then committed, even if the connection is
    /// lost afterwards.
    var isCommitted: Bool {
        guard let commitIndex, failure == nil else { return false }
        return resultsByStatement[commitIndex]?.commandTag == "COMMIT"
    }

    /// True if COMMIT was sent and is not known to have failed.
    ///
    /// COMMIT has failed if a statement before it failed, or if COMMIT itself failed with an error that does not end
    /// the session. COMMIT may have taken effect before an error that ends the session.
    var mayHaveCommitted: Bool {
        guard let commitIndex else { return false }
        guard let failed = failure?.statementIndex else { return true }
        return failed >= commitIndex && isFatal
    }
}
