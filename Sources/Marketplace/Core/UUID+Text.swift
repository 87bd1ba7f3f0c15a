import FoundationEssentials

extension UUID {
    /// Reads 32 hexadecimal digits in upper or lower case, with hyphens where RFC 9562 (section 4) has them.
    ///
    /// Foundation's parser uses `sscanf`, which accepts signs and spaces as digits: one id would have many spellings.
    init?(canonical text: some StringProtocol) {
        // For a `String` this makes no copy.
        var text = String(text)
        guard let id = text.withUTF8({ unsafe UUID(canonical: $0.span) }) else { return nil }
        self = id
    }

    init?(canonical text: Span<UInt8>) {
        guard text.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for index in 0..<36 {
            switch index {
            case 8, 13, 18, 23:
                guard text[index] == UInt8(ascii: "-") else { return nil }
            default:
                guard let digit = Hexadecimal.value(text[index]) else { return nil }
                (high, low) = (high << 4 | low >> 60, low << 4 | UInt64(digit))
            }
        }
        self.init(high: high, low: low)
    }

    /// The form that PostgreSQL writes: lower case, with hyphens.
    var canonical: String {
        let (high, low) = halves
        return unsafe String(unsafeUninitializedCapacity: 36) { text in
            var end = 0
            for index in 0..<16 {
                let byte = UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - index % 8 * 8))
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    unsafe text[end] = UInt8(ascii: "-")
                    end += 1
                }
                unsafe text[end] = Hexadecimal.digit(byte >> 4)
                unsafe text[end + 1] = Hexadecimal.digit(byte & 0xf)
                end += 2
            }
            return end
        }
    }
}
