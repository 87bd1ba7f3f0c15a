import Logging
package import Marketplace

// Sweeps find work that no stream delivered. One find that always fails must not stop the others.
extension BatchProcessor {
    package typealias Found = Message<Handler.Command, Handler.Event>

    /// Decides and commits the finds of a sweep. They get no inbox row, so they must be harmless to repeat.
    ///
    /// Finds that fail together are halved until the failing one is alone; it is logged and left out.
    ///
    /// - Returns: The indexes of the failed finds.
    /// - Throws: ``DatabaseOutage``, or `CancellationError` if the task is cancelled.
    package func performEach(_ finds: [Found]) async throws -> [Int] {
        try await Halving<Int, Int?>("Sweep", logger: logger) { places in
            try await perform(places.map { finds[$0] })
            return places.map { _ in nil }
        } failedAlone: { place, error in
            logger.error("A find of a sweep failed alone", metadata: ["error": "\(error)"])
            return place
        }
        .outcomes(of: Array(finds.indices)).compactMap(\.self)
    }
}
