import Services

/// Describes for the visitor how a search without results was changed.
enum SearchNotesView {
    /// Values of the template `home`, or `nil` if nothing was changed.
    static func view(_ notes: SearchNotes, _ filters: SearchFilters) -> View? {
        guard notes != SearchNotes() else { return nil }
        var sentences = notes.corrections.map { "No results for “\($0.from)”. Showing results for “\($0.to)”." }
        if !notes.leftOut.isEmpty {
            let words = notes.leftOut.map { "“\($0)”" }.joined(separator: ", ")
            sentences.append("No tickets match your whole search. Showing results without \(words).")
        }
        let links = notes.corrections.flatMap { correction in
            correction.others.map { (text: $0, path: path(filters, replacing: correction.from, by: $0)) }
        }
        let others: View = [
            "links": links.enumerated().map { index, link in
                ["text": link.text, "path": link.path, "more": index < links.count - 1] as View
            }
        ]
        return ["sentences": sentences, "others": links.isEmpty ? nil : others]
    }

    private static func path(_ filters: SearchFilters, replacing word: String, by other: String) -> String {
        let parameters = filters.parameters.map { name, value in
            (name, String?.some(name == "q" ? value.replacing(word, with: other) : value))
        }
        return "/" + URLEncoding.query(parameters)
    }
}
