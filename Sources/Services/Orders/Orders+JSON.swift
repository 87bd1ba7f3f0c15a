public import JSONCoding
public import Marketplace

// The bodies that are encoded for each order: its event and the reply to its buyer.

extension OrderState: DirectlyEncodable {
    public func write(to members: JSONObjectWriter) throws {
        members.add("id", id.description)
        members.add("userId", userId.description)
        members.add("ticketId", ticketId.description)
        members.add("ticketTitle", ticketTitle)
        try members.add("details", details == ShowDetails() ? nil : details)
        members.add("quantity", Int64(quantity))
        try members.add("units", encoding: units)
        try members.add("seats", encoding: seats)
        members.add("price", price)
        try members.add("pricing", encoding: pricing)
        members.add("total", total)
        members.add("currency", currency.rawValue)
        members.add("status", status.rawValue)
        members.add("reason", reason?.rawValue)
        members.add("attempt", attempt.map(Int64.init))
        members.add("frozenAt", frozenAt?.description)
        members.add("expiresAt", expiresAt.description)
        members.add("createdAt", createdAt.description)
        members.add("updatedAt", updatedAt.description)
        members.add("version", version)
    }
}

extension OrderRepresentation: DirectlyEncodable {
    public func write(to members: JSONObjectWriter) throws {
        members.add("id", id.description)
        members.add("userId", userId.description)
        members.add("status", status.rawValue)
        members.add("reason", reason?.rawValue)
        members.add("frozenAt", frozenAt?.description)
        members.add("quantity", Int64(quantity))
        try members.add("seats", encoding: seats)
        members.add("price", price)
        members.add("allIn", allIn)
        try members.add("breakdown", breakdown)
        members.add("total", total)
        members.add("currency", currency.rawValue)
        members.add("expiresAt", expiresAt.description)
        members.add("createdAt", createdAt.description)
        members.add("updatedAt", updatedAt.description)
        members.add("version", version)
        try members.add("ticket", ticket)
    }
}

extension OrderRepresentation.Ticket: DirectlyEncodable {
    public func write(to members: JSONObjectWriter) {
        members.add("id", id.description)
        members.add("title", title)
        members.add("price", price)
        ShowDetails(
            venue: venue, city: city, startsAt: startsAt, timeZone: timeZone, section: section, row: row, note: note
        ).write(to: members)
    }
}

extension ShowDetails: DirectlyEncodable {
    public func write(to members: JSONObjectWriter) {
        members.add("venue", venue)
        members.add("city", city)
        members.add("startsAt", startsAt?.description)
        members.add("timeZone", timeZone)
        members.add("section", section)
        members.add("row", row)
        members.add("note", note)
    }
}

extension PriceBreakdown: DirectlyEncodable {
    public func write(to members: JSONObjectWriter) {
        members.add("ask", ask)
        members.add("buyerFee", buyerFee)
        members.add("tax", tax)
        members.add("allIn", allIn)
        members.add("sellerFee", sellerFee)
        members.add("youGet", youGet)
    }
}
