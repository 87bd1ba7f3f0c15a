/// The canonical spelling of a path: without empty segments and without a slash at its end. The router ignores such
/// segments and slashes. A path with a backslash, which a browser would read as a slash, has no canonical spelling and
/// no route.
enum CanonicalPath {
    /// Returns the canonical spelling, or `nil` if the path has it already.
    static func of(_ path: String) -> String? {
        let slash = UInt8(ascii: "/")
        let bytes = path.utf8
        guard bytes.count > 1, !bytes.contains(UInt8(ascii: "\\")),
            bytes.last == slash || zip(bytes, bytes.dropFirst()).contains(where: { $0 == slash && $1 == slash })
        else { return nil }
        return "/" + path.split(separator: "/").joined(separator: "/")
    }
}
