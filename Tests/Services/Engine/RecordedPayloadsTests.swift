import Foundation
import Marketplace
import Support
import Testing

@testable import Services

/// Payloads of the last release, which runs beside this build during a deploy.
struct RecordedPayloadsTests {
    private static let release = "0.9.0"
    /// The types of commands and events that the last release did not have.
    private static let newer: Set<String> = [
        "RetryPayment", "ExpireOrder", "CloseListing", "TakeDownListing", "PutBackListing", "ReportListing",
        "DismissReports", "UnfreezeOrder", "ProposePerformance", "ApproveProposal", "RejectProposal", "ChangeEvent",
        "ChangeVenue", "RenamePerformer", "PostponePerformance", "ReschedulePerformance", "CancelPerformance",
        "MergeEntries", "KeepBothPerformances", "ImportPerformances", "ApplyPricing", "SaveDraft", "DeleteDraft",
        "EventCreated",
        "EventUpdated",
        "VenueCreated", "VenueUpdated",
        "PerformerCreated", "PerformerUpdated", "PerformanceCreated", "PerformanceUpdated",
    ]

    private static var commands: [String: any Codable.Type] {
        let types: [any CommandPayload.Type] = [
            SignUp.self, StartSession.self, RotateSession.self, EndSession.self, EndOwnSession.self,
            EndOtherSessions.self, ChangeEmail.self, ChangePassword.self, BanUser.self, UnbanUser.self,
            ChangeRole.self, CreateListing.self, ChangeListing.self, CreateOrder.self, CancelOrder.self,
            StartPayment.self, ReceiveStripeEvent.self, CheckPayment.self, RetryPayment.self,
            ExpireOrder.self, CloseListing.self, TakeDownListing.self, PutBackListing.self, ReportListing.self,
            DismissReports.self, UnfreezeOrder.self, ProposePerformance.self, ApproveProposal.self,
            RejectProposal.self, ChangeShow.self, ChangeVenue.self, RenamePerformer.self, PostponePerformance.self,
            ReschedulePerformance.self, CancelPerformance.self, MergeEntries.self,
            KeepBothPerformances.self, ImportPerformances.self, ApplyPricing.self, SaveDraft.self, DeleteDraft.self,
        ]
        return Dictionary(uniqueKeysWithValues: types.map { ($0.type, $0) })
    }

    private static var events: [String: any Codable.Type] {
        let types: [([EventType], any Codable.Type)] = [
            ([.userCreated, .userUpdated], UserState.self),
            ([.ticketCreated, .ticketUpdated], ListingState.self),
            ([.orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded], OrderState.self),
            ([.paymentAuthorized, .chargeCreated, .paymentFailed, .chargeRefunded], PaymentEvent.self),
            ([.orderExpired], PreviousBuildExpiry.self),
            ([.showCreated, .showUpdated], Show.self),
            ([.venueCreated, .venueUpdated], Venue.self),
            ([.performerCreated, .performerUpdated], Performer.self),
            ([.performanceCreated, .performanceUpdated], PerformanceState.self),
        ]
        return Dictionary(uniqueKeysWithValues: types.flatMap { names, type in names.map { ($0.rawValue, type) } })
    }

    /// Returns the recorded bodies of each type.
    ///
    /// - Parameter kind: `commands` or `events`.
    private static func recorded(_ kind: String) throws -> [String: [JSON]] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = tests.appendingPathComponent("Recorded/\(release)/\(kind)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return Dictionary(
            uniqueKeysWithValues: try files.map { file in
                (file.deletingPathExtension().lastPathComponent, try JSON(Array(Data(contentsOf: file))).items)
            })
    }

    /// Decodes a body as a worker does, and encodes the value as this build would send it.
    private static func resent(_ body: JSON, as type: any Codable.Type) throws -> JSON {
        func reencoded<Value: Codable>(_ type: Value.Type) throws -> JSON {
            let value = try Payload(version: 1, body: body.bytes).decode(type)
            return try JSON(Array(JSONEncoder().encode(value)))
        }
        return try reencoded(type)
    }

    @Test(arguments: ["commands", "events"])
    func theLastReleasesPayloadsAreReadAndWrittenAlike(kind: String) throws {
        let types = kind == "commands" ? Self.commands : Self.events
        let recorded = try Self.recorded(kind)
        #expect(Set(recorded.keys) == Set(types.keys).subtracting(Self.newer))
        for (name, bodies) in recorded {
            let type = try #require(types[name])
            #expect(!bodies.isEmpty, "\(name)")
            for body in bodies {
                // The last release can read its own format. So it can read this build's payloads if their format is the
                // same.
                #expect(try Self.resent(body, as: type) == body, "\(name)")
            }
        }
    }

    @Test(arguments: ["commands", "events"])
    func membersOfANewerBuildAreIgnored(kind: String) throws {
        let types = kind == "commands" ? Self.commands : Self.events
        for (name, bodies) in try Self.recorded(kind) {
            let type = try #require(types[name])
            for case .object(let members) in bodies {
                var newer = members
                newer["memberOfANewerBuild"] = ["a": .array([.int(1), .null])]
                #expect(try Self.resent(.object(newer), as: type) == .object(members), "\(name)")
            }
        }
    }
}
