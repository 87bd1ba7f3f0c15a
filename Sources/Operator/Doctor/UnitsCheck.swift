import Marketplace
import Services
import Storage

/// Compares the allocated units with the orders, and the counters with the units.
struct UnitsCheck: Check {
    let orders: OrdersRepair

    func scan() async throws -> [Finding] {
        try await orders.wrongUnits(limit: Self.limit).map { listing, problem in
            Finding(kind: .units, service: .orders, subject: listing.description, problem: problem)
        }
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        guard let listing = ListingID(finding.subject) else { return .resolved }
        guard try await orders.repairUnits(of: listing) else {
            try await orders.deleteFreeUnits(of: listing)
            return .repaired("free units without a listing are deleted; allocated ones stay until the copy exists")
        }
        return .repaired("valid orders have their units, cancelled orders have none, and all units are counted again")
    }
}

/// Compares the held and sold counts of listings with their orders.
struct CountsCheck: Check {
    let listings: ListingsRepair

    func scan() async throws -> [Finding] {
        try await listings.wrongCounts(limit: Self.limit).map { listing, problem in
            Finding(kind: .counts, service: .listings, subject: listing.description, problem: problem)
        }
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        guard let listing = ListingID(finding.subject) else { return .resolved }
        try await listings.repairCounts(of: listing)
        return .repaired("the units are counted again")
    }
}
