import CCallgrind
import Microbenchmarks

/// Runs each microbenchmark under callgrind, which counts the instructions and writes a dump for each. The dump's name
/// begins with the number of units that were run. Names on the command line select microbenchmarks.
@main
enum MicroCount {
    private static let runs = 10

    static func main() throws {
        let selected = Set(CommandLine.arguments.dropFirst())
        for microbenchmark in try Microbenchmark.all()
        where selected.isEmpty || selected.contains(microbenchmark.name) {
            // The first runs create values that are created only once. These runs are not counted.
            for _ in 0..<2 { try microbenchmark.run() }
            callgrind_zero()
            for _ in 0..<runs { try microbenchmark.run() }
            unsafe callgrind_dump("\(runs * microbenchmark.unitsPerRun) \(microbenchmark.name)")
        }
    }
}
