/// The text that all containers of one encoding write to.
///
/// It is reached by a pointer: a class's own property would be checked for overlapping accesses each time, which took a
/// third of the whole. The pointer is private, made in `init` and freed in `deinit`, and no access lasts longer than the
/// call of a method that takes no closure: none overlap.
@safe final class JSONWriter {
    private let pointer: UnsafeMutablePointer<JSONText>

    init() {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: JSONText())
    }

    deinit {
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    var text: JSONText {
        _read { yield unsafe pointer.pointee }
        _modify { yield unsafe &pointer.pointee }
    }

    func write(_ value: some Encodable) throws {
        let (depth, length) = (text.depth, text.length)
        try value.encode(to: JSONValueEncoder(writer: self, depth: depth))
        text.close(to: depth)
        // Who encodes nothing is an object without fields.
        if text.length == length { text.append(word: "{}") }
    }
}
