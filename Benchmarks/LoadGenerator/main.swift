import FoundationEssentials
import Glibc

// `load PLAN.json` prints a report as JSON. It exits with 2 if it cannot carry out the plan.
do {
    guard CommandLine.arguments.count == 2 else { throw GeneratorError("usage: load PLAN.json") }
    let plan = try JSONDecoder().decode(Plan.self, from: Data(contentsOf: URL(filePath: CommandLine.arguments[1])))
    var generator = try Generator(plan)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(try generator.run()), as: UTF8.self))
} catch {
    let line = Array("load: \(error)\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(2)
}
