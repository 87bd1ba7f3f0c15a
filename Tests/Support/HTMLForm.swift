/// A form of an HTML page, parsed as far as tests need it.
public struct HTMLForm: Sendable {
    public struct Input: Sendable {
        public var name: String
        public var value: String
    }

    public let action: String
    /// Inputs, selects and text areas, with their values.
    public var inputs: [Input]
    /// The text of the first button.
    public let button: String

    /// A form that was not read from a page.
    public init(to action: String, _ values: [String: String]) {
        self.action = action
        inputs = values.map { Input(name: $0.key, value: $0.value) }
        button = ""
    }

    /// The first form with an input whose name contains the text.
    public init?(_ page: String, having part: String) {
        guard let form = Self.all(page).first(where: { $0.inputs.contains { $0.name.lowercased().contains(part) } })
        else { return nil }
        self = form
    }

    /// The first form with this action.
    public init?(_ page: String, to action: String) {
        guard let form = Self.all(page).first(where: { $0.action == action }) else { return nil }
        self = form
    }

    public static func all(_ page: String) -> [HTMLForm] {
        page.split(separator: "<form").dropFirst().map { HTMLForm($0.split(separator: "</form>", maxSplits: 1)[0]) }
    }

    private init(_ form: Substring) {
        let tags = form.split(separator: "<")
        action = Self.attribute("action", of: tags[0]) ?? ""
        var inputs: [Input] = []
        var button = ""
        for tag in tags.dropFirst() {
            let text = tag.firstIndex(of: ">").map { String(tag[tag.index(after: $0)...]) } ?? ""
            if tag.hasPrefix("option"), !inputs.isEmpty {
                let isFirst = inputs[inputs.count - 1].value.isEmpty
                guard isFirst || tag.contains(" selected") else { continue }
                inputs[inputs.count - 1].value = Self.attribute("value", of: tag) ?? text
            } else if tag.hasPrefix("button") {
                if button.isEmpty { button = Self.plain(text) }
            } else if let name = Self.attribute("name", of: tag) {
                if tag.hasPrefix("input") || tag.hasPrefix("select") {
                    inputs.append(Input(name: name, value: Self.attribute("value", of: tag) ?? ""))
                } else if tag.hasPrefix("textarea") {
                    // A newline directly after the tag is not part of the value.
                    inputs.append(
                        Input(name: name, value: Self.plain(text.hasPrefix("\n") ? String(text.dropFirst()) : text)))
                }
            }
        }
        self.inputs = inputs
        self.button = button
    }

    public subscript(name: String) -> String? {
        get { inputs.first { $0.name == name }?.value }
        set {
            guard let index = inputs.firstIndex(where: { $0.name == name }) else { return }
            inputs[index].value = newValue ?? ""
        }
    }

    /// A copy with new values for some inputs.
    public func filled(_ values: [String: String]) -> HTMLForm {
        var form = self
        for (name, value) in values { form[name] = value }
        return form
    }

    /// The action's absolute URL, for a form on the page at this URL.
    public func action(on page: String) -> String {
        if action.contains("://") { return action }
        let plain = page.split(separator: "#", maxSplits: 1)[0]
        guard !action.isEmpty else { return String(plain) }
        let afterScheme = plain.firstRange(of: "://")?.upperBound ?? plain.startIndex
        let origin = plain[..<(plain[afterScheme...].firstIndex(of: "/") ?? plain.endIndex)]
        return origin + (action.hasPrefix("/") ? "" : "/") + action
    }

    private static func attribute(_ name: String, of tag: Substring) -> String? {
        let tag = tag[..<(tag.firstIndex(of: ">") ?? tag.endIndex)]
        guard let start = tag.firstRange(of: " \(name)=\"")?.upperBound,
            let end = tag[start...].firstIndex(of: "\"")
        else { return nil }
        return plain(String(tag[start..<end]))
    }

    private static func plain(_ text: String) -> String {
        text.replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&lt;", with: "<")
            .replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
