import Mustache

/// The templates of the pages, `Resources/pages/`, which are part of the executable.
struct Templates: Sendable {
    private let library: MustacheLibrary

    /// - Parameter texts: the templates by their names.
    /// - Throws: when one can't be parsed.
    init(_ texts: [String: [UInt8]] = Templates.embedded) throws {
        MustacheContentTypes.register(EscapedHTML(), named: EscapedHTML.name)
        var library = MustacheLibrary()
        for (name, bytes) in texts {
            try library.register(Self.prepared(String(decoding: bytes, as: UTF8.self)), named: name)
        }
        self.library = library
    }

    /// Nil when there is no such template.
    func render(_ name: String, _ view: View) -> String? { library.render(view, withTemplate: name) }

    /// Each template, partials too, names the content type for itself. Indentation is for who writes templates: nothing
    /// that they hold keeps white space.
    private static func prepared(_ text: String) -> String {
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
        return "{{% CONTENT_TYPE:\(EscapedHTML.name)}}\n" + lines.joined(separator: "\n")
    }
}
