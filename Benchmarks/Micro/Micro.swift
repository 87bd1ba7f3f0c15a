import Benchmark
import Microbenchmarks

/// Measures the time of each microbenchmark and, if the machine can count them, its instructions.
let benchmarks: @Sendable () -> Void = {
    do {
        for microbenchmark in try Microbenchmark.all() {
            let (name, units) = (microbenchmark.name, microbenchmark.unitsPerRun)
            Benchmark(
                units == 1 ? name : "\(name) (\(units))",
                configuration: .init(
                    metrics: [.wallClock, .instructions], warmupIterations: 10,
                    maxDuration: .seconds(1), maxIterations: 10_000)
            ) { benchmark in
                for _ in benchmark.scaledIterations { try microbenchmark.run() }
            }
        }
    } catch {
        preconditionFailure("the inputs of the microbenchmarks could not be made: \(error)")
    }
}
