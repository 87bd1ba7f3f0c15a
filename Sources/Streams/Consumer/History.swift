import Marketplace

/// The notes on an entry: one for each time that it was moved, oldest first, bounded in number and length.
enum History {
    static let maximumLines = 5
    static let maximumLineLength = 200

    static func adding(_ reason: String, at time: Timestamp, by consumer: String, to history: [String]) -> [String] {
        let line = "\(time) \(consumer): \(reason)".map { $0.isNewline ? " " : $0 }
        return (history + [String(line.prefix(maximumLineLength))]).suffix(maximumLines)
    }

    static func text(_ history: [String]) -> String { history.joined(separator: "\n") }
}
