/// A link that chooses one of several values, for the template `chips`.
struct Chip: Sendable {
    var text: String
    var path: String
    var isChosen: Bool
    /// Words before the text, for screen readers only.
    var unseen: String?

    /// Values of the template.
    static func view(_ chips: [Chip]) -> View {
        [
            "chips": chips.map { chip -> View in
                ["text": chip.text, "path": chip.path, "current": chip.isChosen, "unseen": chip.unseen]
            }
        ]
    }
}
