import HTTPTypes

/// The version of a thing as an entity tag (RFC 9110, section 8.8.3): `"7"`.
enum EntityTag {
    static func text(_ version: Int64) -> String { "\"\(version)\"" }

    /// The version that `If-Match` asks for. Nil when there is none, or any will do.
    static func ifMatch(_ headers: HTTPFields) throws(Problem) -> Int64? {
        guard let text = headers[.ifMatch]?.trimmed, text != "*" else { return nil }
        guard text.count >= 3, text.first == "\"", text.last == "\"",
            let version = Int64(text.dropFirst().dropLast()), version > 0
        else { throw .invalid("must be one entity tag as it was given: \"7\"", field: "If-Match") }
        return version
    }
}
