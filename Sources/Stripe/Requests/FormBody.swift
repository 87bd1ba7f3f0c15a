/// A form with bracketed names, the format of Stripe's v1 API. The order of the fields is fixed, so that a request that
/// is stored in the database and sent again has the same bytes.
///
/// Stripe refuses other parameters with the same idempotency key: https://docs.stripe.com/api/idempotent_requests
public struct FormBody: Sendable, Hashable {
    public private(set) var fields: [Field] = []

    public struct Field: Sendable, Hashable {
        /// The name with its brackets, such as `line_items[0][quantity]`.
        public var name: String
        public var value: String
    }

    public init() {}

    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    public mutating func add(_ name: String, _ value: some BinaryInteger) {
        add(name, String(value))
    }

    /// The form as `application/x-www-form-urlencoded`. All characters except the unreserved ones of RFC 3986 are
    /// percent-encoded. A space is `%20`, which both form decoders and URL decoders accept.
    public var encoded: String {
        fields.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    }
}

extension String {
    /// Percent-encoding for form names, form values and path segments.
    var percentEncoded: String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(utf8.count + 16)
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(Self.digit(byte >> 4))
                encoded.append(Self.digit(byte & 15))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
