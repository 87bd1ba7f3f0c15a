import HTTPTypes

/// A version as an entity tag (RFC 9110, section 8.8.3): `"7"`.
enum EntityTag {
    static func text(_ version: Int64) -> String { "\"\(version)\"" }

    /// The version that `If-Match` requires. Returns `nil` without the header and for `*`.
    static func ifMatch(_ headers: HTTPFields) throws(Problem) -> Int64? {
        guard let text = headers[.ifMatch]?.trimmed, text != "*" else { return nil }
        guard text.count >= 3, text.first == "\"", text.last == "\"",
            let version = Int64(text.dropFirst().dropLast()), version > 0
        else { throw .invalid("must be one entity tag from an ETag header, such as \"7\"", field: "If-Match") }
        return version
    }
}
