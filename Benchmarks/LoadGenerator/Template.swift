/// A request, formatted once: only what differs from flow to flow is put in when it is sent.
struct Template {
    enum Piece {
        case bytes([UInt8])
        case token
        case id
        /// Another for each flow.
        case key
        /// What a step before has extracted.
        case value(Int)
    }

    private var head: [Piece]
    private var body: [Piece]
    private let hasBody: Bool

    /// - Parameter names: what the steps before extract, in the order of their values.
    init(_ step: Plan.Step, host: String, names: [String]) throws {
        var text = "\(step.method) \(step.path) HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in (step.headers ?? [:]).sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
        hasBody = step.body != nil || step.method == "POST"
        head = try Self.pieces(text, names)
        body = try Self.pieces(step.body ?? "", names)
    }

    /// Braces of JSON stay as they are: only known names between them are places.
    private static func pieces(_ text: String, _ names: [String]) throws -> [Piece] {
        var pieces: [Piece] = []
        var plain: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let first = rest.first {
            if first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")),
                let piece = place(String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self), names)
            {
                pieces += [.bytes(plain), piece]
                plain = []
                rest = rest[(end + 1)...]
            } else {
                plain.append(first)
                rest = rest.dropFirst()
            }
        }
        return pieces + [.bytes(plain)]
    }

    private static func place(_ name: String, _ names: [String]) -> Piece? {
        switch name {
        case "token": .token
        case "id": .id
        case "key": .key
        default: names.lastIndex(of: name).map(Piece.value)
        }
    }

    func write(_ flow: Flow, _ feed: Feed, into buffer: inout [UInt8]) {
        for piece in head { write(piece, flow, feed, into: &buffer) }
        if hasBody {
            let length = body.reduce(0) { $0 + size($1, flow, feed) }
            buffer += "Content-Length: \(length)\r\n\r\n".utf8
            for piece in body { write(piece, flow, feed, into: &buffer) }
        } else {
            buffer += "\r\n".utf8
        }
    }

    private func write(_ piece: Piece, _ flow: Flow, _ feed: Feed, into buffer: inout [UInt8]) {
        switch piece {
        case .bytes(let bytes): buffer += bytes
        case .token: buffer += feed.tokens[flow.number % feed.tokens.count]
        case .id: buffer += feed.ids[flow.id]
        case .key: buffer += feed.key(flow.number)
        case .value(let index): buffer += flow.values[index]
        }
    }

    private func size(_ piece: Piece, _ flow: Flow, _ feed: Feed) -> Int {
        switch piece {
        case .bytes(let bytes): bytes.count
        case .token: feed.tokens[flow.number % feed.tokens.count].count
        case .id: feed.ids[flow.id].count
        case .key: feed.key(flow.number).count
        case .value(let index): flow.values[index].count
        }
    }
}
