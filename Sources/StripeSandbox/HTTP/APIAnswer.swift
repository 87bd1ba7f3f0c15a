/// What an API call is answered with, before its headers of the moment.
struct APIAnswer: Sendable {
    var status: Int
    /// JSON.
    var body: [UInt8]
    var isReplay = false
    var retryAfterSeconds: Int?

    init(status: Int = 200, _ json: JSON) {
        self.status = status
        body = json.bytes + [UInt8(ascii: "\n")]
    }

    init(_ failure: StripeFailure) {
        self.init(status: failure.status, failure.json)
    }
}
