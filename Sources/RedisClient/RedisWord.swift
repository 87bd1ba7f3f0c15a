/// A type that can be a word of a command: text, bytes, or a number in decimal.
public protocol RedisWord: Sendable {
    func write(to bytes: inout [UInt8])
}

extension String: RedisWord {
    public func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension [UInt8]: RedisWord {
    public func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}

extension Int: RedisWord {
    public func write(to bytes: inout [UInt8]) { description.write(to: &bytes) }
}

extension Int64: RedisWord {
    public func write(to bytes: inout [UInt8]) { description.write(to: &bytes) }
}

extension UInt64: RedisWord {
    public func write(to bytes: inout [UInt8]) { description.write(to: &bytes) }
}
