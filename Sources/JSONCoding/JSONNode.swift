/// Where a value, or a field's name, stands in the text.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`, number, string, escapedString, array, object
    }

    let kind: Kind
    /// Of a string without its quotation marks.
    let start: UInt32
    var end: UInt32
    /// The node after this value and all that is in it.
    var next: UInt32
    /// Of an array its elements, of an object its fields.
    var count: UInt32
}
