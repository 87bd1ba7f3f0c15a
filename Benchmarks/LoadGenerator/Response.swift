import CLinuxEvents
import Glibc

/// An HTTP response in received bytes: its status and the place of its body.
struct Response {
    var status: Int
    var body: Range<Int>
    /// True if the server closes the connection after the response.
    var closesConnection: Bool

    /// Returns `nil` while the response is incomplete.
    ///
    /// Supports only the responses that the measured servers send: no trailers, and nothing after the last chunk.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 16, let headEnd = unsafe Self.find("\r\n\r\n", in: bytes) else { return nil }
        unsafe status =
            Int(bytes[9] &- 48) * 100 + Int(bytes[10] &- 48) * 10 + Int(bytes[11] &- 48)
        let head = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<(headEnd + 2)])
        let start = headEnd + 4
        // Header names are searched without their first letter, which servers write in upper or lower case.
        unsafe closesConnection = Self.find("onnection: close\r\n", in: head) != nil
        if let name = unsafe Self.find("ontent-Length: ", in: head) ?? Self.find("ontent-length: ", in: head) {
            var length = 0
            var index = name + 15
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

    /// Returns a string member of the outermost JSON object, and only the path if it is a URL.
    ///
    /// Escapes are not decoded. Their backslashes are dropped, which is correct for `\/`.
    static func stringMember(_ name: [UInt8], of json: ArraySlice<UInt8>) -> [UInt8]? {
        var depth = 0
        var rest = json
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let string = takeString(&rest)
                guard depth == 1, string.elementsEqual(name), rest.starts(with: ":\"".utf8) else { continue }
                rest = rest.dropFirst(2)
                return path(of: takeString(&rest).filter { $0 != UInt8(ascii: "\\") })
            default: break
            }
        }
        return nil
    }

    /// Takes the rest of a string and its closing quotation mark, and returns the string.
    private static func takeString(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
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
