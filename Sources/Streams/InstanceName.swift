import FoundationEssentials

/// Makes names for processes and consumers: the host and a nonce, so that no name is used twice.
public enum InstanceName {
    public static func make() -> String { make(host: ProcessInfo.processInfo.hostName) }

    static func make(host: String) -> String {
        let readable = host.prefix { $0 != "." }.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        let nonce = String(UInt64.random(in: 1 << 40..<1 << 44), radix: 16)
        return "\(readable.isEmpty ? "host" : String(readable.prefix(40)))-\(nonce)"
    }
}
