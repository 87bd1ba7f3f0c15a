// What an owner tells of a thing as it is now: again, where its followers have lost it.

extension UserState {
    public var announcement: NewEvent {
        NewEvent(version == 1 ? .userCreated : .userUpdated, subject: id, version: version, body: self)
    }
}

extension TicketState {
    public var announcement: NewEvent {
        NewEvent(version == 1 ? .ticketCreated : .ticketUpdated, subject: id, version: version, body: self)
    }
}

extension OrderState {
    public var announcement: NewEvent { event }
}
