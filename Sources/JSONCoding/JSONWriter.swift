/// The output that all containers of one encoding share.
///
/// The output is behind a pointer, because Swift checks each access to a class's property for overlap, and those checks
/// took a third of the encoding time. Proof of safety: the pointer is private, allocated in `init` and freed in
/// `deinit`, and every access ends within a method that calls no closure. So no two accesses overlap.
@safe final class JSONWriter {
    private let pointer: UnsafeMutablePointer<JSONOutput>

    init() {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: JSONOutput())
    }

    deinit {
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    var output: JSONOutput {
        _read { yield unsafe pointer.pointee }
        _modify { yield unsafe &pointer.pointee }
    }

    func write(_ value: some Encodable) throws {
        let (depth, length) = (output.depth, output.length)
        try value.encode(to: JSONValueEncoder(writer: self, depth: depth))
        output.close(to: depth)
        // A value that encodes nothing is written as an empty object.
        if output.length == length { output.append(word: "{}") }
    }
    func write(directly value: some DirectlyEncodable) throws {
        let depth = output.depth
        output.open(UInt8(ascii: "{"), UInt8(ascii: "}"))
        try value.write(to: JSONObjectWriter(writer: self, depth: depth + 1))
        output.close(to: depth)
    }
}
