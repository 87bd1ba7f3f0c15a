/// Text with some of its bytes replaced, byte by byte: a search by `Character` passes over a `<` or a quote that stands
/// next to certain scalars and is one with them.
enum EscapedBytes {
    /// - Parameter replacement: of an ASCII byte; nil where it stays.
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
