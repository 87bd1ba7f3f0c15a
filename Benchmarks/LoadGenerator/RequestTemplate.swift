/// A request that is formatted once. Only its placeholders are replaced when it is sent.
struct RequestTemplate {
    private enum Segment {
        case bytes([UInt8])
        case token
        case id
        /// The flow's idempotency key.
        case key
        /// A value that an earlier step has extracted.
        case value(Int)
    }

    private let head: [Segment]
    private let body: [Segment]
    private let hasBody: Bool

    /// - Parameter names: The names of the values that earlier steps extract, in the order of a flow's values.
    init(_ step: Plan.Step, host: String, names: [String]) {
        var text = "\(step.method) \(step.path) HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in (step.headers ?? [:]).sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
        hasBody = step.body != nil || step.method == "POST"
        head = Self.segments(of: text, names)
        body = Self.segments(of: step.body ?? "", names)
    }

    /// Splits a text at its placeholders. Other braces, such as those of JSON, stay as they are.
    private static func segments(of text: String, _ names: [String]) -> [Segment] {
        var segments: [Segment] = []
        var plain: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let first = rest.first {
            if first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")),
                let segment = placeholder(String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self), names)
            {
                segments += [.bytes(plain), segment]
                plain = []
                rest = rest[(end + 1)...]
            } else {
                plain.append(first)
                rest = rest.dropFirst()
            }
        }
        return segments + [.bytes(plain)]
    }

    private static func placeholder(_ name: String, _ names: [String]) -> Segment? {
        switch name {
        case "token": .token
        case "id": .id
        case "key": .key
        default: names.lastIndex(of: name).map(Segment.value)
        }
    }

    func write(_ flow: Flow, _ data: RequestData, into buffer: inout [UInt8]) {
        for segment in head { write(segment, flow, data, into: &buffer) }
        if hasBody {
            let length = body.reduce(0) { $0 + size($1, flow, data) }
            buffer += "Content-Length: \(length)\r\n\r\n".utf8
            for segment in body { write(segment, flow, data, into: &buffer) }
        } else {
            buffer += "\r\n".utf8
        }
    }

    private func write(_ segment: Segment, _ flow: Flow, _ data: RequestData, into buffer: inout [UInt8]) {
        switch segment {
        case .bytes(let bytes): buffer += bytes
        case .token: buffer += data.tokens[flow.number % data.tokens.count]
        case .id: buffer += data.ids[flow.idIndex]
        case .key: buffer += data.key(flow.number)
        case .value(let index): buffer += flow.values[index]
        }
    }

    private func size(_ segment: Segment, _ flow: Flow, _ data: RequestData) -> Int {
        switch segment {
        case .bytes(let bytes): bytes.count
        case .token: data.tokens[flow.number % data.tokens.count].count
        case .id: data.ids[flow.idIndex].count
        case .key: data.key(flow.number).count
        case .value(let index): flow.values[index].count
        }
    }
}
