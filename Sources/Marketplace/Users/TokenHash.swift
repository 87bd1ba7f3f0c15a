import FoundationEssentials

/// SHA-256 of a refresh token: 32 bytes, written as 64 hexadecimal digits.
public struct TokenHash: Hashable, Sendable {
    public let bytes: [UInt8]

    /// Returns nil unless there are 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.bytes = Array(bytes)
    }
}

extension TokenHash: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = Array(try container.decode(String.self).utf8)
        let nibbles = text.compactMap(Hexadecimal.value)
        guard text.count == 64, nibbles.count == 64 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 64 hexadecimal digits")
        }
        bytes = stride(from: 0, to: 64, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let text = bytes.flatMap { [Hexadecimal.digit($0 >> 4), Hexadecimal.digit($0 & 15)] }
        try container.encode(String(decoding: text, as: UTF8.self))
    }
}
