/// Values of the template `outcome`: what happened to a request, and what the visitor can do next.
enum OutcomePage {
    struct Link: Sendable {
        var text: String
        var path: String
        var isQuiet: Bool

        init(_ text: String, _ path: String, isQuiet: Bool = false) {
            self.text = text
            self.path = path
            self.isQuiet = isQuiet
        }
    }

    /// - Parameter form: a form to try again: its action, button, hidden values and fields.
    static func view(
        title: String, _ message: String, facts: [(String, String)] = [], form: View? = nil, links: [Link]
    ) -> View {
        [
            "title": title, "message": message,
            "facts": facts.isEmpty ? nil : ["rows": facts.map { ["name": $0, "value": $1] as View }] as View,
            "form": form,
            "links": links.map { ["text": $0.text, "path": $0.path, "quiet": $0.isQuiet] as View },
        ]
    }
}
