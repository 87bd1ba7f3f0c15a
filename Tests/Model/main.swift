#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// Explores the scenarios that are named, or every one, and prints what came of each. Fails where something is wrong.
//
//   Model [NAME…]
//   Model --list
//   Model --until-caught    stops at the first violation and tells where it was found
var arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--list":
    for scenario in Scenario.all { print(scenario.name) }
    exit(0)
case "--until-caught":
    // The quick ones first.
    for scenario in Scenario.all.reversed() {
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
