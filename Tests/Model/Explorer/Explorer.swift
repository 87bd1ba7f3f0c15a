/// Explores all reachable states of a scenario, breadth-first, and stops at the first violation.
struct Explorer {
    private let model: SystemModel
    private var store = StateStore()
    /// For each state, the state from which it was found.
    private var parents: ContiguousArray<UInt32> = []
    /// For each state, the first state that a step of the system alone leads to; the state itself if nothing is left to
    /// do.
    private var successors: ContiguousArray<UInt32> = []

    /// About three times the number of states of the largest scenario. More states mean that a counter grows without a
    /// bound.
    static let maxStates = 5_000_000

    init(_ scenario: Scenario) { model = SystemModel(scenario) }

    static func explore(_ scenario: Scenario) -> Exploration {
        var explorer = Explorer(scenario)
        let clock = ContinuousClock()
        let start = clock.now
        var exploration = explorer.run()
        exploration.time = clock.now - start
        return exploration
    }

    private mutating func run() -> Exploration {
        var exploration = Exploration(scenario: model.scenario)
        let start = model.initialState()
        _ = store.insert(start)
        parents.append(0)
        exploration.violation = violation(at: 0, step: nil)
        var index = 0
        var nearer = 1
        while index < store.count, exploration.violation == nil {
            if index == nearer {
                exploration.depth += 1
                nearer = store.count
            }
            exploration.violation = visit(index, &exploration)
            index += 1
            if store.count > Self.maxStates {
                exploration.violation = Violation(breach: "too many states", trace: trace(to: index))
            }
        }
        if exploration.violation == nil { exploration.violation = livelock() }
        exploration.states = store.count
        return exploration
    }

    /// Visits all successors of a state.
    private mutating func visit(_ index: Int, _ exploration: inout Exploration) -> Violation? {
        let state = store[index]
        var found: (state: SystemState, step: Step, breaches: [String])?
        var successor: Int?
        var transitions = 0
        let model = model
        // The store is moved out during the visit, so that it is changed in place without copying.
        var store = StateStore(slots: 1)
        swap(&store, &self.store)
        var new = 0
        model.visitNext(of: state) { next, step, mover in
            let breaches = model.takeBreaches()
            if !breaches.isEmpty, found == nil { found = (next, step, breaches) }
            transitions += 1
            guard next != state else { return }
            let (place, isNew) = store.insert(next)
            if isNew { new += 1 }
            if mover == .system, successor == nil { successor = place }
        }
        if successor == nil {
            model.checkAtRest(state)
            if state[Part.clock] < model.lastMoment, !model.hasPendingOrder(state) {
                var later = state
                later[Part.clock] += 1
                successor = store.insert(later).index
            }
        }
        model.check(state)
        swap(&store, &self.store)
        for _ in 0..<new { parents.append(UInt32(index)) }
        successors.append(UInt32(successor ?? index))
        exploration.transitions += transitions
        if let found { return violation(at: index, step: found.step, breaches: found.breaches) }
        return violation(at: index, step: nil)
    }

    private func violation(at index: Int, step: Step?, breaches: [String]? = nil) -> Violation? {
        let breaches = breaches ?? model.takeBreaches()
        guard let first = breaches.first else { return nil }
        return Violation(
            breach: first, trace: trace(to: index) + (step.map { [model.text($0, at: store[index])] } ?? []))
    }

    /// Finds a cycle of system steps: without users and faults, every state must lead to one with nothing left to do.
    private func livelock() -> Violation? {
        // 0: unknown, 1: comes to rest, 2: on the current path.
        var marks = ContiguousArray<UInt8>(repeating: 0, count: successors.count)
        for start in successors.indices where marks[start] == 0 {
            var path: [Int] = []
            var index = start
            while marks[index] == 0, Int(successors[index]) != index {
                marks[index] = 2
                path.append(index)
                index = Int(successors[index])
            }
            if marks[index] == 2 {
                return Violation(
                    breach: "the system never comes to rest", trace: trace(to: start) + loop(from: index))
            }
            marks[index] = 1
            for passed in path { marks[passed] = 1 }
        }
        return nil
    }

    private func loop(from start: Int) -> [String] {
        var steps = ["and from there on in a cycle:"]
        var index = start
        repeat {
            steps.append(step(from: index, to: Int(successors[index])))
            index = Int(successors[index])
        } while index != start
        return steps
    }

    /// Describes each step of a shortest path.
    private func trace(to index: Int) -> [String] {
        var steps: [String] = []
        var index = index
        while index != 0 {
            let parent = Int(parents[index])
            steps.append(step(from: parent, to: index))
            index = parent
        }
        return steps.reversed()
    }

    private func step(from index: Int, to next: Int) -> String {
        var text = "?"
        model.visitNext(of: store[index]) { state, step, _ in
            if state == store[next], text == "?" { text = model.text(step, at: store[index]) }
        }
        _ = model.takeBreaches()
        return text
    }
}
