import Marketplace

/// The events of a service so far: each subject's versions rise by one from 1 on.
struct EventLog: Equatable {
    private(set) var versions: [String: Int64] = [:]
    private(set) var count = 0

    mutating func add(_ events: [NewEvent]) throws {
        for event in events {
            let last = versions[event.subject] ?? 0
            try hold(
                event.version == last + 1, "\(event.type) of \(event.subject): version \(event.version) after \(last)")
            versions[event.subject] = event.version
            count += 1
        }
    }
}

/// Cuts a batch into smaller ones, in its order.
func cut<Element>(_ batch: [Element], using random: inout some RandomNumberGenerator) -> [[Element]] {
    var parts: [[Element]] = []
    for element in batch {
        if parts.isEmpty || Bool.random(using: &random) { parts.append([]) }
        parts[parts.count - 1].append(element)
    }
    return parts
}
