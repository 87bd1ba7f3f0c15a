import Logging

/// Runs items together. If a batch fails, it is halved until the failing item is alone, so that this item does not
/// affect the others. One failing item among n costs about 2 log2 n runs.
struct Halving<Item: Sendable, Outcome: Sendable>: Sendable {
    /// A noun that begins the log line of a failure.
    let name: String
    let logger: Logger
    /// Runs some items together, and returns an outcome for each.
    let run: @Sendable ([Item]) async throws -> [Outcome]
    /// Returns the outcome of an item that failed alone.
    let failedAlone: @Sendable (Item, any Error) async -> Outcome

    init(
        _ name: String, logger: Logger, run: @escaping @Sendable ([Item]) async throws -> [Outcome],
        failedAlone: @escaping @Sendable (Item, any Error) async -> Outcome
    ) {
        self.name = name
        self.logger = logger
        self.run = run
        self.failedAlone = failedAlone
    }

    /// Returns the outcomes of the items, in their order.
    ///
    /// - Parameter half: Handles one half of a batch that failed. If it is `nil`, the half is handled like the batch.
    /// - Throws: ``DatabaseOutage``, for which no item is blamed, or any error if the task is cancelled.
    func outcomes(
        of items: [Item], half: (@Sendable ([Item]) async throws -> [Outcome])? = nil
    ) async throws -> [Outcome] {
        guard !items.isEmpty else { return [] }
        do {
            return try await run(items)
        } catch let error where Task.isCancelled || error is DatabaseOutage {
            throw error
        } catch let error where items.count == 1 {
            return [await failedAlone(items[0], error)]
        } catch {
            logger.warning(
                "\(name) failed; halving the batch",
                metadata: ["items": .stringConvertible(items.count), "error": "\(error)"])
            var outcomes: [Outcome] = []
            for part in [items[..<(items.count / 2)], items[(items.count / 2)...]] {
                let part = Array(part)
                let results = if let half { try await half(part) } else { try await self.outcomes(of: part) }
                outcomes += results
            }
            return outcomes
        }
    }
}
