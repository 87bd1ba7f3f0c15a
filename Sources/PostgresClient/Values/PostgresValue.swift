/// One value of a result, in the result's memory.
///
/// It keeps the result alive, so it may be stored. Decoding copies only this value.
@safe
public struct PostgresValue: Sendable {
    /// Keeps the bytes alive and unchanged.
    private let result: ResultMemory
    // Points into `result`, which is never written again; `nil` for NULL.
    private nonisolated(unsafe) let start: UnsafePointer<UInt8>?
    private let count: Int
    /// The object id of the value's type.
    public let oid: UInt32
    /// The column's name, for errors.
    let column: String

    /// `start` must point to `count` bytes inside `result`.
    @unsafe
    init(result: ResultMemory, start: UnsafePointer<UInt8>?, count: Int, oid: UInt32, column: String) {
        self.result = result
        unsafe self.start = unsafe start
        self.count = count
        self.oid = oid
        self.column = column
    }

    public var isNull: Bool { unsafe start == nil }

    /// The length of the binary form in bytes; 0 for NULL.
    public var byteCount: Int { count }

    /// Decodes the value as the given type.
    public func decode<Value: PostgresDecodable>(as type: Value.Type = Value.self) throws -> Value {
        try Value.decode(self)
    }

    /// The binary form.
    public func bytes(droppingFirst dropped: Int = 0) throws -> [UInt8] {
        unsafe Array(try buffer(droppingFirst: dropped))
    }

    /// The binary form as UTF-8, which is every connection's encoding.
    public func text(droppingFirst dropped: Int = 0) throws -> String {
        unsafe String(decoding: try buffer(droppingFirst: dropped), as: UTF8.self)
    }

    /// The whole value as a big-endian integer.
    public func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) throws -> Integer {
        let buffer = unsafe UnsafeRawBufferPointer(try buffer())
        guard buffer.count == MemoryLayout<Integer>.size else {
            throw failure("has \(buffer.count) bytes, not \(MemoryLayout<Integer>.size) as expected")
        }
        return unsafe Integer(bigEndian: buffer.loadUnaligned(as: Integer.self))
    }

    /// Creates an error of kind `.decoding` with the column's name and type, but not the value.
    public func failure(_ problem: String) -> PostgresError {
        .decoding("column \"\(column)\" (type \(oid)) \(problem)")
    }

    @unsafe
    private func buffer(droppingFirst dropped: Int = 0) throws -> UnsafeBufferPointer<UInt8> {
        guard let start = unsafe start else { throw failure("is NULL") }
        guard dropped <= count else { throw failure("is too short") }
        return unsafe UnsafeBufferPointer(start: start + dropped, count: count - dropped)
    }

    // MARK: Arrays

    /// Returns the elements of a one-dimensional array.
    ///
    /// The array's binary form: number of dimensions, has-nulls flag, element type; the dimension's length and lower
    /// bound; each element's length (-1 for NULL) and bytes. (`array_send` in PostgreSQL's source.)
    func elements() throws -> [PostgresValue] {
        var reader = unsafe Reader(value: self, buffer: try buffer())
        let dimensions: Int32 = try reader.next()
        let _: Int32 = try reader.next()
        let elementOID: UInt32 = try reader.next()
        guard dimensions != 0 else { return [] }
        guard dimensions == 1 else { throw failure("has \(dimensions) dimensions; only one is supported") }
        let length: Int32 = try reader.next()
        let _: Int32 = try reader.next()
        guard length >= 0, length <= count / 4 else { throw failure("is not an array") }
        return try (0..<length).map { _ in try reader.nextElement(oid: elementOID) }
    }

    /// Reads an array from start to end. The value keeps the bytes alive.
    @safe
    private struct Reader {
        let value: PostgresValue
        private let buffer: UnsafeBufferPointer<UInt8>
        private var offset = 0

        @unsafe
        init(value: PostgresValue, buffer: UnsafeBufferPointer<UInt8>) {
            self.value = value
            unsafe self.buffer = unsafe buffer
        }

        mutating func next<Integer: FixedWidthInteger>() throws -> Integer {
            let size = MemoryLayout<Integer>.size
            guard unsafe offset + size <= buffer.count else { throw value.failure("is not an array") }
            let integer = unsafe UnsafeRawBufferPointer(buffer).loadUnaligned(fromByteOffset: offset, as: Integer.self)
            offset += size
            return Integer(bigEndian: integer)
        }

        mutating func nextElement(oid: UInt32) throws -> PostgresValue {
            let length: Int32 = try next()
            guard length >= 0 else {
                return unsafe PostgresValue(result: value.result, start: nil, count: 0, oid: oid, column: value.column)
            }
            let count = Int(length)
            guard unsafe offset + count <= buffer.count, let base = unsafe buffer.baseAddress else {
                throw value.failure("is not an array")
            }
            defer { offset += count }
            return unsafe PostgresValue(
                result: value.result, start: base + offset, count: count, oid: oid, column: value.column)
        }
    }
}
