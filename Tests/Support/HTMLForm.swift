/// The first form of a page that has an input of some name, read as far as tests need it.
struct HTMLForm {
    struct Input {
        var name: String
        var value: String
    }

    let action: String
    let inputs: [Input]

    /// - Parameter part: A part of an input's name.
    init?(_ page: String, having part: String) {
        for piece in page.split(separator: "<form").dropFirst() {
            let form = piece.split(separator: "</form>", maxSplits: 1)[0]
            let tags = form.split(separator: "<")
            let inputs = tags.filter { $0.hasPrefix("input") }.compactMap { tag -> Input? in
                guard let name = Self.attribute("name", of: tag) else { return nil }
                return Input(name: name, value: Self.attribute("value", of: tag) ?? "")
            }
            guard inputs.contains(where: { $0.name.lowercased().contains(part) }) else { continue }
            self.inputs = inputs
            action = Self.attribute("action", of: tags[0]) ?? ""
            return
        }
        return nil
    }

    /// Where it is sent, as seen from the page's own URL.
    func action(on page: String) -> String {
        if action.contains("://") { return action }
        let plain = page.split(separator: "#", maxSplits: 1)[0]
        guard !action.isEmpty else { return String(plain) }
        let afterScheme = plain.firstRange(of: "://")?.upperBound ?? plain.startIndex
        let origin = plain[..<(plain[afterScheme...].firstIndex(of: "/") ?? plain.endIndex)]
        return origin + (action.hasPrefix("/") ? "" : "/") + action
    }

    private static func attribute(_ name: String, of tag: Substring) -> String? {
        guard let start = tag.firstRange(of: " \(name)=\"")?.upperBound,
            let end = tag[start...].firstIndex(of: "\"")
        else { return nil }
        return String(tag[start..<end]).replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
