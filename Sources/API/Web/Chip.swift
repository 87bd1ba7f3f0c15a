/// A link that chooses one of several values.
struct Chip: Sendable {
    var text: String
    var path: String
    var isChosen: Bool
    /// Words before the text, for screen readers only.
    var unseen: String?

    static func list(_ chips: [Chip]) -> HTML { "<ul class=\"chips\">\(chips.map(\.html))</ul>" }

    private var html: HTML {
        let current: HTML? = isChosen ? " aria-current=\"true\"" : nil
        let words: HTML? = unseen.map { "<span class=\"unseen\">\($0) </span>" }
        return "<li><a class=\"chip\" href=\"\(path)\"\(current)>\(words)\(text)</a></li>\n"
    }
}
