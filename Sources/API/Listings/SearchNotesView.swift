import Services

/// Describes for the visitor how a search without results was changed.
enum SearchNotesView {
    /// Values of the template `home`, or `nil` if nothing was changed.
    ///
    /// - Parameter parameters: the parameters of the search in the query of the URL.
    static func view(_ notes: SearchNotes, _ parameters: [(name: String, value: String)], path: String = "/") -> View? {
        guard notes != SearchNotes() else { return nil }
        var sentences = notes.corrections.map { "No results for “\($0.from)”. Showing results for “\($0.to)”." }
        if !notes.leftOut.isEmpty {
            let words = notes.leftOut.map { "“\($0)”" }.joined(separator: ", ")
            sentences.append("No tickets match your whole search. Showing results without \(words).")
        }
        let links = notes.corrections.flatMap { correction in
            correction.others.map { (text: $0, path: path + query(parameters, replacing: correction.from, by: $0)) }
        }
        let others: View = [
            "links": links.enumerated().map { index, link in
                ["text": link.text, "path": link.path, "more": index < links.count - 1] as View
            }
        ]
        return ["sentences": sentences, "others": links.isEmpty ? nil : others]
    }

    private static func query(
        _ parameters: [(name: String, value: String)], replacing word: String, by other: String
    ) -> String {
        let parameters = parameters.map { name, value in
            (name, String?.some(name == "q" ? value.replacing(word, with: other) : value))
        }
        return URLEncoding.query(parameters)
    }
}
