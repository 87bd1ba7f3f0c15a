/// The hosts from which the operator imports events.
public struct ImportSettings: Sendable {
    /// The hosts' names, in lower case.
    public let hosts: Set<String>
    /// True in development. Then this machine may be listed, and it may be reached with http.
    public let allowsLoopback: Bool

    public init(_ reader: SettingsReader) throws(SettingsError) {
        let value = reader.text(.importHosts) ?? ""
        let names = value.split(separator: ",").map { $0.lowercased().filter { !$0.isWhitespace } }
        guard names.allSatisfy(Self.isName) else {
            throw .wrong(
                .importHosts, value,
                "give names of hosts, without scheme and port, such as events.example.com, and commas between names")
        }
        hosts = Set(names)
        allowsLoopback = try ProcessSettings(reader).environment == .development
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e
            }
    }
}
