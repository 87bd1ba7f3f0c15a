#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// Explores the scenarios that are named, or every one, and prints what came of each. Fails where something is wrong.
//
//   Model [NAME…]
//   Model --list
//   Model --until-caught [NAME…]    stops at the first violation and tells where; tries those that are named first
var arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--list":
    // The longest first, for whoever runs several at a time.
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
