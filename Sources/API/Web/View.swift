import Mustache

/// The values of a template, by name.
///
/// A name with the value `nil` is empty: it is not looked up in the surrounding view. Two braces escape a text; three
/// braces insert it as it is, for markup that is already rendered.
struct View: Sendable, ExpressibleByDictionaryLiteral, MustacheParent {
    private var values: [String: any Sendable]

    init(dictionaryLiteral elements: (String, (any Sendable)?)...) {
        values = [:]
        values.reserveCapacity(elements.count)
        for (name, value) in elements { values[name] = value ?? Nothing() }
    }

    subscript(name: String) -> (any Sendable)? {
        get { values[name] }
        set { values[name] = newValue ?? Nothing() }
    }

    /// The values of both views. The other view's values take precedence.
    func merging(_ other: View) -> View {
        var merged = self
        merged.values.merge(other.values) { $1 }
        return merged
    }

    func child(named name: String) -> Any? { values[name] }

    private struct Nothing: MustacheCustomRepresentation {
        var representation: Any? { nil }
    }
}
