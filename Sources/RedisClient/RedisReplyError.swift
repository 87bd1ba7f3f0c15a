/// An error reply of the server, `-CODE message`, split into its parts.
public struct RedisReplyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The first word if it is upper case (`NOGROUP`, `NOSCRIPT`, `OOM`, `WRONGTYPE`), else `ERR`.
    public let code: String
    /// The rest of the line.
    public let message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    public init(line: String) {
        let words = line.split(separator: " ", maxSplits: 1)
        if let first = words.first, first.utf8.allSatisfy({ 65...90 ~= $0 || $0 == 95 }) {
            self.init(code: String(first), message: words.count > 1 ? String(words[1]) : "")
        } else {
            self.init(code: "ERR", message: line)
        }
    }

    public var description: String { message.isEmpty ? code : "\(code) \(message)" }
}
