import Marketplace

/// Checks the events of a service: each subject's versions are 1, 2, 3, and so on.
struct EventLog: Equatable {
    private(set) var versions: [String: Int64] = [:]
    private(set) var count = 0

    mutating func add(_ events: [NewEvent]) throws {
        for event in events {
            let last = versions[event.subject] ?? 0
            try ensure(
                event.version == last + 1, "\(event.type) of \(event.subject): version \(event.version) after \(last)")
            versions[event.subject] = event.version
            count += 1
        }
    }
}

/// Splits a batch at random into smaller ones, in the same order.
func splitRandomly<Element>(_ batch: [Element], using random: inout some RandomNumberGenerator) -> [[Element]] {
    var parts: [[Element]] = []
    for element in batch {
        if parts.isEmpty || Bool.random(using: &random) { parts.append([]) }
        parts[parts.count - 1].append(element)
    }
    return parts
}
