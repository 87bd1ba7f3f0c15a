#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// Explores the named scenarios, or all of them, and prints the result of each. Exits with 1 if there is a violation.
//
//   Model [NAME…]
//   Model --list
//   Model --until-caught [NAME…]    stops at the first violation and prints it; explores the named scenarios first
var arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--list":
    // The slowest scenarios come first, because a caller may run several at a time.
    for scenario in Scenario.all.reversed() { print(scenario.name) }
    exit(0)
case "--until-caught":
    let likely = Scenario.all.filter { arguments.contains($0.name) }
    for scenario in likely + Scenario.all.filter({ !arguments.contains($0.name) }) {
        let exploration = Explorer.explore(scenario)
        guard let violation = exploration.violation else { continue }
        print("\(scenario.name), \(exploration.states) states: \(violation.breach)")
        exit(1)
    }
    exit(0)
default:
    let unknown = arguments.filter { name in !Scenario.all.contains { $0.name == name } }
    guard unknown.isEmpty else {
        print("no such scenario: \(unknown.joined(separator: ", "))")
        exit(2)
    }
    let explorations = Scenario.all.filter { arguments.isEmpty || arguments.contains($0.name) }.map(Explorer.explore)
    for exploration in explorations { print(exploration.report) }
    exit(explorations.allSatisfy { $0.violation == nil } ? 0 : 1)
}
