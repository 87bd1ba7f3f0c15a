import CLinuxEvents
import Glibc

/// Where an answer ends in what was received, and what of it matters.
struct Answer {
    var status: Int
    var body: Range<Int>
    /// The server ends the connection after it.
    var closes: Bool

    /// Nil while it is not all there. Only what a server sends is understood: no trailers, nothing after the end of the
    /// last chunk.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 16, let end = unsafe Self.find("\r\n\r\n", in: bytes) else { return nil }
        unsafe status =
            Int(bytes[9] &- 48) * 100 + Int(bytes[10] &- 48) * 10 + Int(bytes[11] &- 48)
        let head = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<(end + 2)])
        let start = end + 4
        unsafe closes = Self.find("onnection: close\r\n", in: head) != nil
        if let at = unsafe Self.find("ontent-Length: ", in: head) ?? Self.find("ontent-length: ", in: head) {
            var length = 0
            var index = at + 15
            while unsafe head[index] >= 48, unsafe head[index] <= 57 {
                unsafe length = length * 10 + Int(head[index] - 48)
                index += 1
            }
            guard bytes.count >= start + length else { return nil }
            body = start..<(start + length)
        } else if unsafe Self.find("hunked\r\n", in: head) != nil {
            let tail = unsafe UnsafeRawBufferPointer(rebasing: bytes[max(start, bytes.count - 5)...])
            guard unsafe Self.find("0\r\n\r\n", in: tail) != nil else { return nil }
            body = start..<bytes.count
        } else {
            body = start..<start
        }
    }

    private static func find(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress,
            let found = unsafe memmem(base, bytes.count, text.utf8Start, text.utf8CodeUnitCount)
        else { return nil }
        return unsafe UnsafeRawPointer(found) - base
    }

    /// The text of a member of a JSON object, not of the objects in it; of a URL its path. What is escaped stays so, but
    /// for `\/`.
    static func member(_ name: [UInt8], in bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var depth = 0
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let found = text(&rest)
                guard depth == 1, found.elementsEqual(name), rest.starts(with: ":\"".utf8) else { continue }
                rest = rest.dropFirst(2)
                return path(of: text(&rest).filter { $0 != UInt8(ascii: "\\") })
            default: break
            }
        }
        return nil
    }

    /// What stands up to the quotation mark that ends a string; that is taken, too.
    private static func text(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = rest
        var end = start.startIndex
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { rest = rest.dropFirst() }
            end = rest.startIndex
        }
        return start[..<end]
    }

    private static func path(of text: [UInt8]) -> [UInt8] {
        guard text.starts(with: "http".utf8) else { return text }
        var slashes = 0
        let path = text.firstIndex { byte in
            slashes += byte == UInt8(ascii: "/") ? 1 : 0
            return slashes == 3
        }
        return path.map { Array(text[$0...]) } ?? text
    }
}
