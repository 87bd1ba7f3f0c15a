/// The parts of a Redis URL.
///
/// Foundation's URL is not used, because it rejects unencoded characters (`^`, `|`) that occur in providers' passwords,
/// and its errors do not name the wrong part.
struct RedisURL {
    let usesTLS: Bool
    let user: String?
    let password: String?
    let host: String
    let port: Int
    let database: Int

    init(_ url: String) throws(RedisConfigurationError) {
        var rest = Substring(url)
        if let plain = rest.dropping(prefix: "redis://") {
            (usesTLS, rest) = (false, plain)
        } else if let secure = rest.dropping(prefix: "rediss://") {
            (usesTLS, rest) = (true, secure)
        } else {
            throw .scheme
        }
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else { throw .unexpectedParameters }

        // The last @ ends the credentials, so a password may contain an unencoded @.
        if let at = rest.lastIndex(of: "@") {
            let credentials = rest[..<at]
            let colon = credentials.firstIndex(of: ":") ?? credentials.endIndex
            let user = try Self.decode(credentials[..<colon])
            self.user = user.isEmpty ? nil : user
            password = colon < credentials.endIndex ? try Self.decode(credentials[colon...].dropFirst()) : nil
            rest = rest[at...].dropFirst()
        } else {
            user = nil
            password = nil
        }

        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = rest[slash...].dropFirst()
        guard let database = path.isEmpty ? 0 : Self.number(path) else { throw .database }
        self.database = database

        let (host, port) = try Self.address(rest[..<slash])
        guard !host.isEmpty else { throw .host }
        self.host = String(host)
        self.port = port.map { Self.number($0) ?? 0 } ?? 6379
        guard 1...65535 ~= self.port else { throw .port }
    }

    private static func address(
        _ text: Substring
    ) throws(RedisConfigurationError) -> (host: Substring, port: Substring?) {
        if text.first == "[" {
            guard let bracket = text.firstIndex(of: "]") else { throw .host }
            let after = text[bracket...].dropFirst()
            guard after.isEmpty || after.first == ":" else { throw .port }
            return (text[..<bracket].dropFirst(), after.isEmpty ? nil : after.dropFirst())
        }
        guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
        return (text[..<colon], text[colon...].dropFirst())
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { 48...57 ~= $0 } ? Int(text) : nil
    }

    private static func decode(_ text: Substring) throws(RedisConfigurationError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                throw .percentEncoding
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .percentEncoding }
        return decoded
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        Character(UnicodeScalar(digit)).hexDigitValue.map(UInt8.init)
    }
}

extension Substring {
    fileprivate func dropping(prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
