import Marketplace

/// What is noted on an entry each time it is moved: bounded, oldest first.
enum History {
    static let maximumLines = 5
    static let maximumLineLength = 200

    static func adding(_ reason: String, at time: Timestamp, by consumer: String, to history: [String]) -> [String] {
        let words = "\(time) \(consumer): \(reason)".map { $0.isNewline ? " " : $0 }
        return (history + [String(words.prefix(maximumLineLength))]).suffix(maximumLines)
    }

    static func text(_ history: [String]) -> String { history.joined(separator: "\n") }
}
