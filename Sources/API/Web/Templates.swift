import Mustache

/// The page templates of `Resources/pages/`, embedded in the executable.
struct Templates: Sendable {
    private let library: MustacheLibrary

    /// - Parameter texts: the templates by name.
    /// - Throws: if a template can't be parsed.
    init(_ texts: [String: [UInt8]] = Templates.embedded) throws {
        MustacheContentTypes.register(EscapedHTML(), named: EscapedHTML.name)
        var library = MustacheLibrary()
        for (name, bytes) in texts {
            try library.register(Self.prepared(String(decoding: bytes, as: UTF8.self)), named: name)
        }
        self.library = library
    }

    /// Returns `nil` if there is no template with this name.
    func render(_ name: String, _ view: View) -> String? { library.render(view, withTemplate: name) }

    /// Adds the content type, which every template must declare, even a partial. Removes indentation, because no
    /// element of the pages preserves white space.
    private static func prepared(_ text: String) -> String {
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
        return "{{% CONTENT_TYPE:\(EscapedHTML.name)}}\n" + lines.joined(separator: "\n")
    }
}
