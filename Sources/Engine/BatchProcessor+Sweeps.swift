import Logging
package import Marketplace

// Sweeps find work that no stream delivered. One find that always fails must not stop the others.
extension BatchProcessor {
    package typealias Found = Message<Handler.Command, Handler.Event>

    /// Decides and commits the finds of a sweep. They get no inbox row, so they must be harmless to repeat.
    ///
    /// Finds that fail together are halved until the failing one is alone; it is logged and left out. With n finds, one
    /// that fails costs about 2 log2 n transactions.
    ///
    /// - Returns: The indexes of the failed finds.
    /// - Throws: ``DatabaseOutage``, or `CancellationError` if the task is cancelled.
    package func performEach(_ finds: [Found]) async throws -> [Int] {
        try await perform(finds, in: finds.startIndex..<finds.endIndex)
    }

    private func perform(_ finds: [Found], in range: Range<Int>) async throws -> [Int] {
        guard !range.isEmpty else { return [] }
        do {
            try await perform(Array(finds[range]))
            return []
        } catch let error where Task.isCancelled || error is DatabaseOutage {
            throw error
        } catch let error where range.count == 1 {
            logger.error("A find of a sweep failed alone", metadata: ["error": "\(error)"])
            return [range.lowerBound]
        } catch {
            logger.warning(
                "A sweep failed; halving it", metadata: ["finds": .stringConvertible(range.count), "error": "\(error)"])
            let middle = range.lowerBound + range.count / 2
            return try await perform(finds, in: range.lowerBound..<middle)
                + perform(finds, in: middle..<range.upperBound)
        }
    }
}
