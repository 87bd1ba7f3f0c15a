/// What requests are made of.
struct Feed {
    var tokens: [[UInt8]] = []
    var ids: [[UInt8]] = []
    /// Keys of another run of the generator are others.
    var keyPrefix: String

    func key(_ number: Int) -> [UInt8] { Array("\(keyPrefix)-\(number)".utf8) }
}
