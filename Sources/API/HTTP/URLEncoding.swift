import JSONCoding

/// Writes the query of a URL, and reads the pairs of a query or a form (`application/x-www-form-urlencoded`).
enum URLEncoding {
    // MARK: Writing

    /// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
    static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 15)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A query such as `?q=jazz&city=Oslo`, without the parameters that are `nil` or empty. Empty if no parameter is
    /// left.
    static func query(_ parameters: [(String, String?)]) -> String {
        let given = parameters.compactMap { name, value in value.flatMap { $0.isEmpty ? nil : (name, $0) } }
        guard !given.isEmpty else { return "" }
        return "?" + given.map { "\($0)=\(encode($1))" }.joined(separator: "&")
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    // MARK: Reading

    /// The names and values (https://url.spec.whatwg.org/#urlencoded-parsing), decoded one pair at a time.
    static func pairs(in text: some Collection<UInt8>) -> some Sequence<(name: String, value: String)> {
        text.split(separator: UInt8(ascii: "&")).lazy.map { pair -> (name: String, value: String) in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (decode(ArraySlice(parts[0])), parts.count > 1 ? decode(ArraySlice(parts[1])) : "")
        }
    }

    /// True if a URL has at most ``StreamSafeText/limit`` combining characters in a row, after its escapes are decoded.
    static func isStreamSafe(_ url: String) -> Bool {
        url.utf8.count <= 2 * StreamSafeText.limit || StreamSafeText.isSafe(decode(Array(url.utf8)[...]))
    }

    /// An invalid percent-escape stays as it is.
    private static func decode(_ text: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "%"), index + 2 < text.endIndex, let high = hexValue(text[index + 1]),
                let low = hexValue(text[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
