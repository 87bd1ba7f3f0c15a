/// The position of a value or of a member's name in the text.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`, number, string, escapedString, array, object
    }

    let kind: Kind
    /// Offset of the first byte. For a string, this is the byte after the opening quotation mark.
    let start: UInt32
    /// Offset after the last byte. For a string, this is the offset of the closing quotation mark.
    var end: UInt32
    /// The index of the next node after this value and its contents.
    var next: UInt32
    /// The number of an array's elements or an object's members; 0 for other values.
    var count: UInt32
}
