public import FoundationEssentials

extension Bool: PostgresScalar {
    public static var postgresType: PostgresType { .bool }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(UInt8(self ? 1 : 0)) }

    public static func decode(_ value: PostgresValue) throws -> Bool {
        guard value.oid == PostgresType.bool.oid else { throw value.failure("is not boolean") }
        return try value.integer(as: UInt8.self) != 0
    }
}

extension PostgresValue {
    /// Decodes a PostgreSQL integer of any width.
    fileprivate func anyInteger<Integer: FixedWidthInteger>() throws -> Integer {
        let wide: Int64
        switch oid {
        case PostgresType.int8.oid: wide = try integer()
        case PostgresType.int4.oid: wide = Int64(try integer(as: Int32.self))
        case PostgresType.int2.oid: wide = Int64(try integer(as: Int16.self))
        case ReadableOID.oid: wide = Int64(try integer(as: UInt32.self))
        case ReadableOID.numeric:
            throw failure("is numeric, like a sum of bigint; cast it to bigint in the statement")
        default: throw failure("is not an integer")
        }
        guard let number = Integer(exactly: wide) else { throw failure("does not fit into \(Integer.self)") }
        return number
    }
}

extension Int16: PostgresScalar {
    public static var postgresType: PostgresType { .int2 }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }
    public static func decode(_ value: PostgresValue) throws -> Int16 { try value.anyInteger() }
}

extension Int32: PostgresScalar {
    public static var postgresType: PostgresType { .int4 }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }
    public static func decode(_ value: PostgresValue) throws -> Int32 { try value.anyInteger() }
}

extension Int64: PostgresScalar {
    public static var postgresType: PostgresType { .int8 }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(self) }
    public static func decode(_ value: PostgresValue) throws -> Int64 { try value.anyInteger() }
}

/// An `Int` is bound as `int8`, and can be decoded from every integer type.
extension Int: PostgresScalar {
    public static var postgresType: PostgresType { .int8 }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(Int64(self)) }
    public static func decode(_ value: PostgresValue) throws -> Int { try value.anyInteger() }
}

extension Double: PostgresScalar {
    public static var postgresType: PostgresType { .float8 }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(bitPattern) }

    public static func decode(_ value: PostgresValue) throws -> Double {
        switch value.oid {
        case PostgresType.float8.oid: Double(bitPattern: try value.integer())
        case ReadableOID.float4: Double(Float(bitPattern: try value.integer()))
        default: throw value.failure("is not double precision")
        }
    }
}

/// A `String` is bound as `text`. PostgreSQL rejects NUL characters.
extension String: PostgresScalar {
    public static var postgresType: PostgresType { .text }
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(bytes: utf8) }

    public static func decode(_ value: PostgresValue) throws -> String {
        switch value.oid {
        case PostgresType.text.oid, ReadableOID.varchar, ReadableOID.bpchar, ReadableOID.name, ReadableOID.json,
            ReadableOID.unknown, ReadableOID.quotedChar:
            try value.text()
        case PostgresType.jsonb.oid:
            // The first byte is the format's version.
            try value.text(droppingFirst: 1)
        default:
            throw value.failure("is not text")
        }
    }
}

extension UUID: PostgresScalar {
    public static var postgresType: PostgresType { .uuid }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer) {
        unsafe withUnsafeBytes(of: uuid) { unsafe buffer.append(bytes: $0) }
    }

    public static func decode(_ value: PostgresValue) throws -> UUID {
        guard value.oid == PostgresType.uuid.oid else { throw value.failure("is not a uuid") }
        let number: UInt128 = try value.integer()
        let bytes = number.bigEndian
        return unsafe UUID(uuid: unsafeBitCast(bytes, to: uuid_t.self))
    }
}
