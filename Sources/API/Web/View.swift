import Mustache

/// What a template is given: values by their names.
///
/// A name whose value is nil is known and empty: it is not looked for in what surrounds it. Texts are escaped by the
/// template; markup that is made already is given as ``Markup`` and asked for with three braces.
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

    /// With the values of another, which win.
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
