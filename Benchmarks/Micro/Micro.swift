import Benchmark
import MicroPieces

/// The time and, where the machine counts them, the instructions of each piece.
let benchmarks: @Sendable () -> Void = {
    do {
        for piece in try Piece.all() {
            Benchmark(
                piece.count == 1 ? piece.name : "\(piece.name) (\(piece.count))",
                configuration: .init(
                    metrics: [.wallClock, .instructions], warmupIterations: 10,
                    maxDuration: .seconds(1), maxIterations: 10_000)
            ) { benchmark in
                for _ in benchmark.scaledIterations { try piece.run() }
            }
        }
    } catch {
        preconditionFailure("what is to be measured can't be made: \(error)")
    }
}
