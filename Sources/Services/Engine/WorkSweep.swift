import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// Does the work that decisions have started, slice by slice: at once if this process decided, and within a few seconds
/// if another process did.
///
/// All pieces of work take turns, so that a large one does not delay a small one. After each slice the sweep pauses for
/// as long as the slice took, but for a second at most, so that other transactions get the locks in between. A slice
/// that fails is halved until the subject that makes it fail is alone. That subject is logged and left out until the
/// next sweep.
struct WorkSweep<Handler: ServiceHandler>: ServiceLifecycle.Service {
    let processor: BatchProcessor<Handler>
    let logger: Logger
    var interval: Duration = .seconds(5)
    /// The number of pieces of work that one query reads.
    var pageSize = 100

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await sweep()
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("Sweep of work failed; retrying", metadata: ["error": "\(error)"])
                }
                await processor.newWork.wait(until: .now + interval * Double.random(in: 0.8...1.2))
            }
        }
    }

    /// Takes one slice of each piece of work in turn, until a whole round makes no progress.
    func sweep() async throws {
        var slices: [Work: WorkSlice] = [:]
        while try await round(&slices) {}
    }

    /// - Parameter slices: The next slice of each piece of work. It is smaller after a failure in this sweep.
    /// - Returns: True if a slice has made progress.
    private func round(_ slices: inout [Work: WorkSlice]) async throws -> Bool {
        var hasProgressed = false
        var last: Work?
        repeat {
            let page = try await processor.storage.work.pending(after: last, limit: pageSize, on: processor.pool)
            for work in page where try await step(&slices[work, default: WorkSlice(work)]) { hasProgressed = true }
            last = page.count == pageSize ? page.last : nil
        } while last != nil
        return hasProgressed
    }

    /// Does a slice, and makes it smaller if it fails.
    ///
    /// - Returns: False if there is nothing to do now.
    private func step(_ slice: inout WorkSlice) async throws -> Bool {
        let start = ContinuousClock.now
        do {
            switch try await processor.perform(slice) {
            case .unavailable, .idle: return false
            case .ended: return true
            case .progressed: try await Task.sleep(for: min(start.duration(to: .now), .seconds(1)))
            case .deferred(let reason): narrow(&slice, reason)
            }
        } catch let error where Task.isCancelled || error is DatabaseOutage {
            throw error
        } catch {
            narrow(&slice, "\(error)")
        }
        return true
    }

    private func narrow(_ slice: inout WorkSlice, _ reason: String) {
        guard slice.limit == 1 else {
            slice.limit /= 2
            return
        }
        logger.error(
            "An item of background work failed; skipping it",
            metadata: [
                "kind": "\(slice.work.kind.rawValue)", "subject": "\(slice.work.subject)", "error": "\(reason)",
            ])
        slice.skipped += 1
        slice.limit = WorkSlice.maximum
    }
}
