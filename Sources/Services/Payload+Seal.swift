import Streams

extension Payload {
    /// The decrypted payload, or this payload if it is not sealed.
    ///
    /// - Parameter type: The command's type, such as `SignUp`.
    /// - Throws: ``UnreadablePayload`` if it is sealed with a secret that this process does not have.
    func opened(with seal: CommandSeal?, of type: String) throws -> Payload {
        guard version == CommandSeal.payloadVersion else { return self }
        guard let body = seal?.open(body, of: type) else {
            throw UnreadablePayload(what: type, why: "it is not sealed with a SIGNING_SECRET of this process")
        }
        return Payload(version: 1, body: body)
    }
}
