import Logging
package import Marketplace

// Sweeps find work that no stream delivered. An item that always fails must not stop the others.
extension BatchProcessor {
    package typealias Found = Message<Handler.Command, Handler.Event>

    /// Decides and commits the items that a sweep found. They get no inbox row, so they must be harmless to repeat.
    ///
    /// A group that fails is halved until the failing item is alone; that item is logged and skipped.
    ///
    /// - Returns: The indexes of the failed items.
    /// - Throws: ``DatabaseOutage``, or `CancellationError` if the task is cancelled.
    package func performEach(_ finds: [Found]) async throws -> [Int] {
        try await Halving<Int, Int?>("Sweep", logger: logger) { places in
            try await perform(places.map { finds[$0] })
            return places.map { _ in nil }
        } failedAlone: { place, error in
            logger.error("A row of a sweep failed; skipping it", metadata: ["error": "\(error)"])
            return place
        }
        .outcomes(of: Array(finds.indices)).compactMap(\.self)
    }
}
