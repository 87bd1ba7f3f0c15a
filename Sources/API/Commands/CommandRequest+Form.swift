import Marketplace

extension CommandRequest {
    /// The same request with an id that also depends on the input. So if a form is sent again with different input
    /// after its first command failed, it becomes a new command. A double click is still one command.
    var identifiedByInput: CommandRequest {
        var request = self
        request.id = IdempotencyKey(text: "\(id) \(fingerprint ?? "")")
            .commandID(actor: actor, route: "a form sent with other input")
        return request
    }
}

/// A form that has already created something was sent again with different input.
struct FormAlreadyUsed: Error {
    /// The id of the object that the form created.
    let id: CommandID
}
