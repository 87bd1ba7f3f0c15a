import CLibPQ

/// libpq's `PG_DIAG_…` codes. They are character macros, which Swift does not import as numbers.
private enum Field {
    static let severity = Int32(UInt8(ascii: "V"))
    static let sqlState = Int32(UInt8(ascii: "C"))
    static let message = Int32(UInt8(ascii: "M"))
    static let detail = Int32(UInt8(ascii: "D"))
    static let constraint = Int32(UInt8(ascii: "n"))
}

@unsafe
private func field(_ field: Int32, of result: OpaquePointer) -> String? {
    unsafe PQresultErrorField(result, field).map { unsafe String(cString: $0) }
}

extension PostgresError {
    /// Creates the server's error. Returns `nil` if libpq itself reported an error of the connection.
    @unsafe
    init?(result: OpaquePointer) {
        guard let sqlState = unsafe field(Field.sqlState, of: result) else { return nil }
        self.init(.server, unsafe field(Field.message, of: result) ?? "unknown error", sqlState: sqlState)
        detail = unsafe field(Field.detail, of: result)
        constraint = unsafe field(Field.constraint, of: result)
    }

    /// Returns true if the error ends the session.
    @unsafe
    static func isFatal(_ result: OpaquePointer) -> Bool {
        unsafe ["FATAL", "PANIC"].contains(field(Field.severity, of: result))
    }

    /// Creates the error of a refused connection. Only libpq's verbose message contains the SQLSTATE:
    /// `connection to server … failed: FATAL:  28P01: password authentication failed for user "x"`.
    init(refusal text: String) {
        // Each address that was tried has a line, and a hint may follow.
        let lines = text.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }
            .filter { !$0.isEmpty && !$0.hasPrefix("LOCATION:") }
        self.init(.connectionLost(sent: false), lines.isEmpty ? "could not connect" : lines.joined(separator: "; "))
        sqlState = lines.joined(separator: ":").split(separator: ":")
            .map { $0.drop(while: \.isWhitespace) }
            .last {
                $0.utf8.count == 5 && $0.utf8.allSatisfy(Self.isSQLStateCharacter) && $0.contains(where: \.isNumber)
            }
            .map(String.init)
    }

    private static func isSQLStateCharacter(_ character: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(character)
    }

    /// True if every attempt to connect fails until a setting is changed: a wrong password, a missing database.
    var isPermanentRefusal: Bool {
        if kind == .refusedServer || kind == .usage { return true }
        guard let sqlState else { return false }
        return !(sqlState.hasPrefix("08") || sqlState.hasPrefix("53") || sqlState.hasPrefix("57"))
    }
}
