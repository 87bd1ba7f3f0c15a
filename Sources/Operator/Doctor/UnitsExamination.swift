import Marketplace
import Storage

/// Units that are not those of the live orders, and counters that are not those of the units.
struct UnitsExamination: Examination {
    let repair: OrdersRepair

    func look() async throws -> [Finding] {
        try await repair.wrongUnits(limit: Self.limit).map { ticket, what in
            Finding(kind: .units, service: .orders, subject: ticket.description, what: what)
        }
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        guard let ticket = TicketID(finding.subject) else { return .healed }
        guard try await repair.mendUnits(of: ticket) else {
            try await repair.dropFreeUnits(of: ticket)
            return .mended("free units of no listing are gone; what is given of it stays until its copy is there")
        }
        return .mended("each live order has its units, no other has any, and they are counted anew")
    }
}

/// What a listing shows as held and sold, against its orders.
struct CountsExamination: Examination {
    let repair: TicketsRepair

    func look() async throws -> [Finding] {
        try await repair.wrongCounts(limit: Self.limit).map { ticket, what in
            Finding(kind: .counts, service: .tickets, subject: ticket.description, what: what)
        }
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        guard let ticket = TicketID(finding.subject) else { return .healed }
        try await repair.mendCounts(of: ticket)
        return .mended("counted anew")
    }
}
