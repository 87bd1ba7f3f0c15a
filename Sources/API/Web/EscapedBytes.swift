/// Replaces characters byte by byte. A search by `Character` would miss a `<` or a quote that is followed by a
/// combining scalar, because both are one `Character`.
enum EscapedBytes {
    /// - Parameter replacement: returns the replacement of an ASCII byte, or `nil` to keep it.
    static func text(_ text: String, _ replacement: (UInt8) -> String?) -> String {
        guard text.utf8.contains(where: { replacement($0) != nil }) else { return text }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count + 32)
        for byte in text.utf8 {
            if let replacement = replacement(byte) {
                escaped += replacement.utf8
            } else {
                escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
