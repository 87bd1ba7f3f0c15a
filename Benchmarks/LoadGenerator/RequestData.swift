/// The values that replace the placeholders of requests.
struct RequestData {
    var tokens: [[UInt8]] = []
    var ids: [[UInt8]] = []
    /// Differs between runs, so that no two requests have the same idempotency key.
    var keyPrefix: String

    func key(_ number: Int) -> [UInt8] { Array("\(keyPrefix)-\(number)".utf8) }
}
