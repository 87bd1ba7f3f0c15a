/// The requested faults. The first rule that matches applies.
struct FaultRules: Sendable {
    static let limit = 100

    private(set) var rules: [FaultRule] = []

    /// Returns false if the limit is reached.
    mutating func add(_ rule: FaultRule) -> Bool {
        guard rules.count < Self.limit else { return false }
        rules.append(rule)
        return true
    }

    mutating func clear() { rules = [] }

    mutating func take(operation: Operation) -> FaultRule? {
        take { $0.operation == "*" || $0.operation == operation.rawValue }
    }

    mutating func take(event type: String) -> FaultRule? {
        take { $0.event == "*" || $0.event == type }
    }

    private mutating func take(where matches: (FaultRule) -> Bool) -> FaultRule? {
        guard let index = rules.firstIndex(where: matches) else { return nil }
        let rule = rules[index]
        rules[index].times -= 1
        if rules[index].times == 0 { rules.remove(at: index) }
        return rule
    }
}
