import Marketplace

extension CommandRequest {
    /// The same under an id of its very input: of a form whose key stood for other input before, which came to nothing. A
    /// double click of it is one command all the same.
    var ofThisInput: CommandRequest {
        var request = self
        request.id = IdempotencyKey(text: "\(id) \(fingerprint ?? "")")
            .commandID(actor: actor, route: "a form sent with other input")
        return request
    }
}

/// A form that has made something was sent again with other input.
struct FormUsed: Error {
    /// Of what it has made.
    let id: CommandID
}
