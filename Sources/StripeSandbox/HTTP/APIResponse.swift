/// The response to an API call, without the headers that differ between replays.
struct APIResponse: Sendable {
    var status: Int
    /// The JSON body.
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
